// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "larder/cache/entry.h"
#include "larder/core/bytes.h"
#include "larder/key/key.h"

namespace larder {

/// How the keys of some entries begin.
///
/// Thread-compatible.
class KeyPrefix {
 public:
  /// Keys that are text and begin with `text`.
  [[nodiscard]] static KeyPrefix text(std::string_view text);

  /// Keys that are bytes and begin with `bytes`.
  [[nodiscard]] static KeyPrefix bytes(BytesView bytes);

  /// Keys that are tuples and begin with the elements of the tuple `key`, that one included.
  /// @throws Error `invalid_argument` if `key` is no tuple
  [[nodiscard]] static KeyPrefix tuple(const Key& key);

  /// What the encoded keys begin with.
  [[nodiscard]] BytesView encoded() const noexcept { return encoded_; }

 private:
  explicit KeyPrefix(BytesView encoded) : encoded_(to_bytes(encoded)) {}
  Bytes encoded_;
};

/// Which live entries of a cache: those for which all that is set holds; all, if nothing is.
struct Selection {
  /// They carry this tag. Only entries with the tag are looked at.
  std::optional<std::string> tag = std::nullopt;

  /// Their keys begin so. Without a tag, only entries with such keys are looked at.
  std::optional<KeyPrefix> prefix = std::nullopt;

  /// They are to its liking. May read the cache, but must not change it; may be called more than
  /// once for an entry.
  std::function<bool(const Key& key, const EntryInfo& info)> matches = {};
};

}  // namespace larder
