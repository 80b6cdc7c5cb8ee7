// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "larder/core/bytes.h"

namespace larder {

/// Takes pieces from the bytes of a fuzzer; zeros and nothing at their end.
class Input {
 public:
  explicit Input(BytesView data) : data_(data) {}

  [[nodiscard]] bool ended() const { return data_.empty(); }
  std::uint8_t byte() {
    const BytesView taken = take(1);
    return taken.empty() ? 0 : std::to_integer<std::uint8_t>(taken[0]);
  }
  /// Below `end`, which is more than 0.
  std::size_t number(std::size_t end) {
    const std::size_t high = byte();
    return (high * 256 + byte()) % end;
  }
  BytesView take(std::size_t size) {
    const BytesView taken = data_.first(std::min(size, data_.size()));
    data_ = data_.subspan(taken.size());
    return taken;
  }

 private:
  BytesView data_;
};

}  // namespace larder
