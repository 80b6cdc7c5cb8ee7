// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "larder/core/bytes.h"
#include "larder/key/key_codec.h"

namespace larder {

/// A key: one or more typed values in their canonical encoding. Equal values give equal bytes,
/// values of different kinds never collide (`1`, `1.0`, `true` and `"1"` are four keys), and keys
/// of one kind sort like their values.
///
/// Made implicitly from anything that has a `KeyCodec`, so functions simply take `const Key&`:
/// integers, `double`, `bool`, text, `Bytes`, time points, and tuples or sequences of these.
///
/// Thread-compatible.
class Key {
 public:
  /// The key of `value`.
  template <typename T>
    requires(!std::is_same_v<std::remove_cvref_t<T>, Key> && KeyEncodable<std::decay_t<T>>)
  // NOLINTNEXTLINE(google-explicit-constructor): `cache.get("name")` must read like that.
  Key(const T& value) {
    KeyCodec<std::decay_t<T>>::encode(value, bytes_);
  }

  /// Takes over bytes that are already an encoded key, as iteration hands them out.
  /// @throws Error `corrupt` if they are not
  [[nodiscard]] static Key from_bytes(Bytes encoded);

  /// The canonical encoding.
  [[nodiscard]] BytesView bytes() const noexcept { return bytes_; }

  /// The value again, if it is a `T`.
  /// @throws Error `invalid_argument` if the key holds another kind
  template <KeyEncodable T>
  [[nodiscard]] T as() const {
    KeyReader reader(bytes_);
    T value = KeyCodec<T>::decode(reader);
    reader.expect_end();
    return value;
  }

  /// For people: `"text"`, `42`, `("a", 1)`.
  [[nodiscard]] std::string to_string() const;

  friend bool operator==(const Key& a, const Key& b) noexcept { return equal(a.bytes_, b.bytes_); }
  friend std::strong_ordering operator<=>(const Key& a, const Key& b) noexcept {
    return compare(a.bytes_, b.bytes_);
  }

 private:
  Key() = default;
  Bytes bytes_;
};

}  // namespace larder
