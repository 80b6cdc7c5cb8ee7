// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "larder/core/bytes.h"

namespace larder {

/// 128 bits that stand for some bytes: XXH3 with 128 bits, the same on every machine. Different
/// bytes have different digests but by an accident that never happens; somebody who wants equal
/// ones can make them, so what is found by a digest is compared with the whole key.
struct Digest128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  /// The 16 bytes, most significant first: they sort like the numbers.
  [[nodiscard]] std::array<std::byte, 16> bytes() const noexcept;

  /// 32 hexadecimal digits in lower case.
  [[nodiscard]] std::string to_string() const;

  /// The digest that `to_string` wrote, or nothing if `text` is not one.
  [[nodiscard]] static std::optional<Digest128> parse(std::string_view text) noexcept;

  friend auto operator<=>(const Digest128&, const Digest128&) = default;
};

/// The digest of `bytes`; for a key, `digest(key.bytes())`.
[[nodiscard]] Digest128 digest(BytesView bytes) noexcept;

}  // namespace larder
