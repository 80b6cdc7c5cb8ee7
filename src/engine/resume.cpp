// SPDX-License-Identifier: Apache-2.0
#include "engine/resume.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace larder::detail {

namespace {

// Engines promise an order of keys up to this length.
constexpr std::size_t ordered_key_bytes = 480;

BytesView ordered_part(BytesView key) noexcept {
  return key.first(std::min(key.size(), ordered_key_bytes));
}

}  // namespace

bool are_unordered(BytesView a, BytesView b) noexcept {
  return equal(ordered_part(a), ordered_part(b));
}

void continue_after(KeyRange& range, Direction direction, BytesView last) {
  Bytes bound = to_bytes(ordered_part(last));
  const bool is_group = last.size() > ordered_key_bytes;
  if (direction == Direction::backward) {
    // Behind the key of exactly this length, if the longer ones were the last.
    if (is_group) bound.push_back(std::byte{0});
    range.end = std::move(bound);
  } else if (is_group) {
    range.begin = KeyRange::prefix(bound).end.value_or(Bytes{});
  } else {
    bound.push_back(std::byte{0});
    range.begin = std::move(bound);
  }
}

}  // namespace larder::detail
