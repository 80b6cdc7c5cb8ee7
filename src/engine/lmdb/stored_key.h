// SPDX-License-Identifier: Apache-2.0
//
// LMDB keys are 1 to 511 bytes long, larder's are as long as they like: a longer one is stored as
// its first 480 bytes and a digest, and the whole key stands before the value, to be compared.
#pragma once

#include <cstddef>
#include <optional>

#include "larder/core/bytes.h"

namespace larder::lmdb {

inline constexpr std::size_t short_key_bytes = 480;
inline constexpr std::size_t long_key_bytes = short_key_bytes + 16;

/// Whether a stored key stands for a longer one.
[[nodiscard]] inline bool is_long(BytesView stored_key) noexcept {
  return stored_key.size() == long_key_bytes;
}

/// A key in the form in which LMDB and the log hold it. Valid as long as the key it was made from.
class StoredKey {
 public:
  /// @throws Error `invalid_argument` if `key` is empty
  explicit StoredKey(BytesView key);
  StoredKey(const StoredKey&) = delete;
  StoredKey& operator=(const StoredKey&) = delete;

  [[nodiscard]] BytesView bytes() const noexcept { return view_; }
  [[nodiscard]] bool is_long() const noexcept { return view_.data() == buffer_; }

  /// What to store so that `unwrap` finds key and value again.
  [[nodiscard]] Bytes wrap(BytesView value) const;

 private:
  BytesView key_;
  BytesView view_;
  std::byte buffer_[long_key_bytes];
};

/// The key and the value of one stored pair. Views into the arguments.
struct Pair {
  BytesView key;
  BytesView value;
};

/// Undoes `StoredKey`; nothing if a long pair is damaged.
[[nodiscard]] std::optional<Pair> unwrap(BytesView stored_key, BytesView stored_value) noexcept;

}  // namespace larder::lmdb
