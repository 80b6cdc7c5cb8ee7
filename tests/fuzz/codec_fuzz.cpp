// SPDX-License-Identifier: Apache-2.0

// Any bytes, read as every type that has a codec: a value or `corrupt`. A value encodes to the same
// bytes again. The input may be a value of the wire without being one of the types, so it is also
// skipped, which must agree.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "larder/core/error.h"
#include "unit/codec/samples.h"

namespace larder {
namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

bool is_whole(BytesView bytes) {
  try {
    WireReader in(bytes);
    in.skip();
    in.expect_end();
    return true;
  } catch (const Error& error) {
    require(error.kind() == ErrorKind::corrupt);
    return false;
  }
}

template <typename T>
void read_as(BytesView bytes, bool whole) {
  try {
    const T value = decode<T>(bytes);
    require(whole && equal(encode(value), bytes));
  } catch (const Error& error) {
    require(error.kind() == ErrorKind::corrupt);
  }
}

}  // namespace
}  // namespace larder

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const larder::BytesView bytes = std::as_bytes(std::span(data, size));
  const bool whole = larder::is_whole(bytes);
  // Only the types of the samples matter here, so they are made once.
  static const auto samples = [] {
    std::vector<void (*)(larder::BytesView, bool)> readers;
    larder::test::for_each_sample(
        [&readers]<typename T>(const T&) { readers.push_back(&larder::read_as<T>); });
    return readers;
  }();
  for (const auto read : samples) read(bytes, whole);
  return 0;
}
