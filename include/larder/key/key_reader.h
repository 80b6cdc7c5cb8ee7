// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "larder/core/bytes.h"
#include "larder/core/clock.h"
#include "larder/key/key_kind.h"

namespace larder {

/// An integer of a key: 64 bits and the sign.
struct KeyInteger {
  std::uint64_t magnitude = 0;
  bool is_negative = false;
};

/// Reads the elements of a key one after the other, from bytes that need not be trusted: only what
/// `KeyWriter` can have written is accepted.
///
/// The `read_...` functions throw an `Error`: `invalid_argument` if the next element is of another
/// kind, `corrupt` if the bytes are no key.
///
/// Thread-compatible.
class KeyReader {
 public:
  /// Reads `bytes`, which must outlive the reader.
  explicit KeyReader(BytesView bytes) noexcept : rest_(bytes) {}

  /// The kind of the next element.
  /// @throws Error `invalid_argument` if the tuple has no more, `corrupt` if the bytes have no more
  [[nodiscard]] KeyKind kind() const;

  void read_null();
  [[nodiscard]] bool read_boolean();
  [[nodiscard]] KeyInteger read_integer();
  [[nodiscard]] double read_real();
  [[nodiscard]] float read_float();
  [[nodiscard]] std::string read_text();
  [[nodiscard]] Bytes read_bytes();
  [[nodiscard]] WallTime read_timestamp();

  /// Enters a tuple; its elements come next.
  void begin_tuple();
  /// Whether the tuple that was entered last has no more elements.
  /// @throws Error `corrupt` if the bytes end instead
  [[nodiscard]] bool at_tuple_end() const;
  /// Leaves the tuple.
  /// @throws Error `invalid_argument` if there are more elements
  void end_tuple();

  /// From now on a real number that is no `float` is read as the nearest: those of a key whose
  /// numbers were rounded may be none.
  void take_nearest_floats() noexcept { takes_nearest_floats_ = true; }

  /// Checks one whole element, with all it holds, and goes behind it.
  void skip();

  /// @throws Error `corrupt` if there are more bytes
  void expect_end() const;

  /// What was not read yet.
  [[nodiscard]] BytesView rest() const noexcept { return rest_; }

 private:
  [[nodiscard]] std::uint8_t tag() const;
  void expect(KeyKind wanted) const;
  BytesView take(std::size_t count);
  std::uint64_t take_big_endian(std::size_t count);
  /// Calls `emit` with each stretch of the text or bytes that follow, unescaped.
  template <typename Emit>
  void take_delimited(Emit emit);

  BytesView rest_;
  std::size_t depth_ = 0;
  bool takes_nearest_floats_ = false;
};

}  // namespace larder
