// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <string>
#include <type_traits>

#include "larder/core/bytes.h"
#include "larder/key/key_buffer.h"
#include "larder/key/key_codec.h"
#include "larder/key/key_codec_aggregate.h"
#include "larder/key/key_codec_sequence.h"
#include "larder/key/key_kind.h"

namespace larder {

/// A key: one or more typed values in their canonical encoding. Equal values give equal bytes,
/// values of different kinds never collide (`1`, `1.0`, `true` and `"1"` are four keys), and keys
/// of one kind sort like their values.
///
/// Made implicitly from anything that has a `KeyCodec`, so functions simply take `const Key&`:
/// integers, `double`, `bool`, text, `Bytes`, time points, and tuples or sequences of these.
/// A short key needs no allocation. One that was moved from may only be assigned or destroyed.
///
/// Thread-compatible.
class Key {
 public:
  /// The key of `value`.
  /// @throws Error `invalid_argument` if `value` is a null `const char*`, a time too far away, or
  /// nested deeper than `max_key_depth`
  template <typename T>
    requires(!std::is_same_v<std::remove_cvref_t<T>, Key> && KeyEncodable<std::decay_t<T>>)
  // NOLINTNEXTLINE(google-explicit-constructor): `cache.get("name")` must read like that.
  Key(const T& value) {
    KeyWriter out(buffer_);
    detail::encode_key(value, out);
  }

  /// Copies bytes that are already an encoded key, as iteration hands them out.
  /// @throws Error `corrupt` if they are not
  [[nodiscard]] static Key from_bytes(BytesView encoded);

  /// The canonical encoding. Valid until the key changes.
  [[nodiscard]] BytesView bytes() const noexcept { return buffer_.view(); }

  /// What the key is.
  [[nodiscard]] KeyKind kind() const { return KeyReader(bytes()).kind(); }

  /// The value again, if it is a `T`.
  /// @throws Error `invalid_argument` if the key holds another kind, or a value that no `T` can be
  template <KeyDecodable T>
  [[nodiscard]] T as() const {
    KeyReader reader(bytes());
    T value = KeyCodec<T>::decode(reader);
    reader.expect_end();
    return value;
  }

  /// The bytes with which this tuple and every tuple that continues it begin: for a walk over all
  /// tuples with the same first elements. Valid until the key changes.
  /// @throws Error `invalid_argument` if the key is no tuple
  [[nodiscard]] BytesView tuple_prefix() const;

  /// For people: `"text"`, `42`, `("a", 1)`.
  [[nodiscard]] std::string to_string() const;

  friend bool operator==(const Key& a, const Key& b) noexcept {
    return equal(a.bytes(), b.bytes());
  }
  friend std::strong_ordering operator<=>(const Key& a, const Key& b) noexcept {
    return compare(a.bytes(), b.bytes());
  }

 private:
  Key() = default;
  KeyBuffer buffer_;
};

}  // namespace larder
