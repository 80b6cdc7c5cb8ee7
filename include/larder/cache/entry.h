// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "larder/core/clock.h"

namespace larder {

/// Stands for the value that an entry has, and for the `put` or `incr` that stored it: to change an
/// entry only if nobody else did meanwhile. What `touch` and reads do leaves it as it is.
enum class Version : std::uint64_t {};

/// What is known about an entry besides its value.
struct EntryInfo {
  std::uint64_t bytes = 0;                            ///< Size of the encoded value.
  std::uint64_t schema = 0;                           ///< `Codec<T>::schema()` of its type.
  WallTime stored_at = {};                            ///< When it was stored.
  std::optional<WallTime> expires_at = std::nullopt;  ///< When it expires, if ever.
  std::vector<std::string> tags = {};                 ///< Its tags, sorted.
  Version version = {};                               ///< For `Cache::compare_and_swap()`.
};

/// A value with what the cache knows about it.
template <typename Value>
struct CacheEntry {
  Value value;                                        ///< The value.
  WallTime stored_at = {};                            ///< When it was stored.
  std::optional<WallTime> expires_at = std::nullopt;  ///< When it expires, if ever.
  std::vector<std::string> tags = {};                 ///< Its tags, sorted.
  Version version = {};                               ///< For `Cache::compare_and_swap()`.
};

}  // namespace larder
