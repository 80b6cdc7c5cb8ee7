// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "larder/core/bytes.h"

namespace larder::detail {

/// Appends `number`, least significant byte first.
template <std::unsigned_integral Number>
void append_number(Bytes& out, Number number) {
  for (std::size_t i = 0; i < sizeof(Number); ++i) {
    out.push_back(static_cast<std::byte>((std::uint64_t{number} >> (8 * i)) & 0xFFU));
  }
}

/// Takes numbers and runs of bytes off the front of what it looks at. After the first one that is
/// not there in full, everything it returns is empty or zero and `ok()` is false.
///
/// Thread-compatible.
class NumberReader {
 public:
  explicit NumberReader(BytesView bytes) noexcept : rest_(bytes) {}

  template <std::unsigned_integral Number>
  Number take() noexcept {
    const BytesView bytes = take_bytes(sizeof(Number));
    if (bytes.empty()) return 0;
    std::uint64_t number = 0;
    // A constant number of turns: the compiler makes one load of it.
    for (std::size_t i = 0; i < sizeof(Number); ++i) {
      number |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
    }
    return static_cast<Number>(number);
  }

  BytesView take_bytes(std::size_t size) noexcept {
    if (size > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const BytesView taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }

  [[nodiscard]] bool ok() const noexcept { return ok_; }
  [[nodiscard]] BytesView rest() const noexcept { return rest_; }

 private:
  BytesView rest_;
  bool ok_ = true;
};

}  // namespace larder::detail
