// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

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

}  // namespace larder
