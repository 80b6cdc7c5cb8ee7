// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <xxhash.h>

#include <cstddef>
#include <cstdint>

#include "larder/core/bytes.h"
#include "larder/key/key.h"

namespace larder::detail {

/// A key with its hash, to look for.
struct HashedView {
  std::uint64_t hash;
  BytesView key;
};

[[nodiscard]] inline HashedView hashed(const Key& key) noexcept {
  const BytesView bytes = key.bytes();
  return {.hash = XXH3_64bits(bytes.data(), bytes.size()), .key = bytes};
}

/// A key with its hash, to keep where it is looked at: next to what it leads to.
struct HashedKey {
  std::uint64_t hash;
  Key key;
};

[[nodiscard]] inline BytesView view_of(const HashedView& key) noexcept { return key.key; }
[[nodiscard]] inline BytesView view_of(const HashedKey& key) noexcept { return key.key.bytes(); }

/// For tables of keys that have their hashes with them, whoever owns the bytes.
struct HashOf {
  using is_transparent = void;
  std::size_t operator()(const auto& key) const noexcept { return key.hash; }
};
struct SameKey {
  using is_transparent = void;
  bool operator()(const auto& a, const auto& b) const noexcept {
    return a.hash == b.hash && equal(view_of(a), view_of(b));
  }
};

}  // namespace larder::detail
