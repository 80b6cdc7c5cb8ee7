// SPDX-License-Identifier: Apache-2.0
// Any bytes as a key: refused as corrupt, or exactly the bytes that writing the value gives.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>

#include "larder/core/error.h"
#include "larder/key/key.h"
#include "support/any_value.h"

namespace {

using larder::BytesView;
using larder::Key;
using larder::test::AnyValue;

std::optional<Key> parse(BytesView bytes) {
  try {
    return Key::from_bytes(bytes);
  } catch (const larder::Error& error) {
    if (error.kind() != larder::ErrorKind::corrupt) std::abort();
    return std::nullopt;
  }
}

void require(bool condition) {
  if (!condition) std::abort();
}

/// Two keys sort like their values, and neither begins the other.
void check_order(const Key& a, const Key& b) {
  const AnyValue value_a = a.as<AnyValue>();
  const AnyValue value_b = b.as<AnyValue>();
  require((a == b) == (value_a == value_b));
  require((a < b) == (value_a < value_b));
  if (a != b) require(!larder::starts_with(a.bytes(), b.bytes()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView input = std::as_bytes(std::span(data, size));
  if (const auto key = parse(input)) {
    require(larder::equal(key->bytes(), input));
    require(larder::equal(Key(key->as<AnyValue>()).bytes(), input));
    require(!key->to_string().empty());
  }
  // Split in two by its first byte: two keys to compare.
  if (size < 2) return 0;
  const std::size_t middle = 1 + data[0] % (size - 1);
  const auto first = parse(input.subspan(1, middle - 1));
  const auto second = parse(input.subspan(middle));
  if (first && second) check_order(*first, *second);
  return 0;
}
