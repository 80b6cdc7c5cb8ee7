// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/stored_key.h"

#include <xxhash.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "larder/core/error.h"

namespace larder::lmdb {

StoredKey::StoredKey(BytesView key) : key_(key), view_(key) {
  if (key.empty()) {
    throw Error(ErrorKind::invalid_argument, "an engine key must have at least one byte");
  }
  if (key.size() <= short_key_bytes) return;
  std::memcpy(buffer_, key.data(), short_key_bytes);
  XXH128_canonical_t digest;
  XXH128_canonicalFromHash(&digest, XXH3_128bits(key.data(), key.size()));
  std::memcpy(buffer_ + short_key_bytes, digest.digest, sizeof(digest.digest));
  view_ = BytesView(buffer_, long_key_bytes);
}

Bytes StoredKey::wrap(BytesView value) const {
  const auto size = static_cast<std::uint64_t>(key_.size());
  Bytes out(sizeof(size) + key_.size() + value.size());
  std::memcpy(out.data(), &size, sizeof(size));
  const auto behind = std::copy(key_.begin(), key_.end(), out.begin() + sizeof(size));
  std::copy(value.begin(), value.end(), behind);
  return out;
}

std::optional<Pair> unwrap(BytesView stored_key, BytesView stored_value) noexcept {
  if (!is_long(stored_key)) return Pair{stored_key, stored_value};
  std::uint64_t size = 0;
  if (stored_value.size() < sizeof(size)) return std::nullopt;
  std::memcpy(&size, stored_value.data(), sizeof(size));
  const BytesView rest = stored_value.subspan(sizeof(size));
  if (size <= short_key_bytes || size > rest.size()) return std::nullopt;
  return Pair{rest.first(size), rest.subspan(size)};
}

}  // namespace larder::lmdb
