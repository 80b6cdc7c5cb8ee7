// SPDX-License-Identifier: Apache-2.0

// The first byte chooses a type, the others are read as one: a value or `corrupt`. A value encodes
// to the same bytes again. Skipping must agree: what is a value of any type can be skipped whole.

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
  // Of the samples only their types matter here.
  static const auto readers = [] {
    std::vector<void (*)(larder::BytesView, bool)> all;
    larder::test::for_each_sample(
        [&all]<typename T>(const T&) { all.push_back(&larder::read_as<T>); });
    return all;
  }();
  if (size == 0) return 0;
  const larder::BytesView bytes = std::as_bytes(std::span(data + 1, size - 1));
  readers[data[0] % readers.size()](bytes, larder::is_whole(bytes));
  return 0;
}
