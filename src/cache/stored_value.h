// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "cache/record.h"
#include "larder/core/bytes.h"
#include "larder/core/error.h"
#include "larder/key/key.h"

namespace larder::detail {

/// A value on its way into a record: compressed if it is long and that makes it shorter.
class Packed {
 public:
  /// `value` must outlive this.
  Packed(BytesView value, std::uint64_t compress_above_bytes);

  [[nodiscard]] BytesView bytes() const noexcept { return compressed() ? packed_ : value_; }
  [[nodiscard]] bool compressed() const noexcept { return !packed_.empty(); }

 private:
  BytesView value_;
  Bytes packed_;
};

/// A value on its way out of a record.
class StoredValue {
 public:
  /// @throws Error `corrupt` if it cannot be decompressed
  explicit StoredValue(const Record& record);

  [[nodiscard]] BytesView bytes() const noexcept { return is_unpacked_ ? unpacked_ : value_; }

 private:
  BytesView value_;
  bool is_unpacked_;
  Bytes unpacked_;
};

/// For an entry that finds no room.
[[nodiscard]] Error full_error(const Key& key);

}  // namespace larder::detail
