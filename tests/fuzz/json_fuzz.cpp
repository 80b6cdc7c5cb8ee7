// SPDX-License-Identifier: Apache-2.0

// Any text: a document or `invalid_argument`. The canonical text of a document is its own canonical
// text, and storing it changes nothing. The input is also read as a stored document.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "larder/codec/json.h"
#include "larder/core/error.h"

namespace larder {
namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void parse(BytesView bytes) {
  try {
    const Json document = Json::parse(as_text(bytes));
    require(Json::parse(document.text()) == document);
    require(decode<Json>(encode(document)) == document);
  } catch (const Error& error) {
    require(error.kind() == ErrorKind::invalid_argument);
  }
}

void read(BytesView bytes) {
  try {
    const Json document = decode<Json>(bytes);
    require(equal(encode(document), bytes));
  } catch (const Error& error) {
    require(error.kind() == ErrorKind::corrupt);
  }
}

}  // namespace
}  // namespace larder

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const larder::BytesView bytes = std::as_bytes(std::span(data, size));
  larder::parse(bytes);
  larder::read(bytes);
  return 0;
}
