// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

namespace larder {

/// How to open a `Deque`.
struct DequeOptions {
  /// Most items that it holds, kept in the deque; what is too much goes from the front at once.
  /// Unset leaves it as it is: at first there is no limit.
  std::optional<std::uint64_t> max_size = std::nullopt;

  /// How often an item is taken, kept in the deque; who comes back after so many attempts goes to
  /// the dead letters. Unset leaves it as it is: at first there is no limit.
  std::optional<std::uint64_t> max_attempts = std::nullopt;
};

}  // namespace larder
