// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "larder/core/bytes.h"
#include "larder/core/clock.h"
#include "larder/key/key_buffer.h"
#include "larder/key/key_kind.h"

namespace larder {

/// Writes elements of a key in their canonical encoding, `docs/format/key.md`: the only place that
/// makes key bytes. A `KeyCodec` calls exactly one of the `write_...` functions, or `begin_tuple`,
/// any number of elements, and `end_tuple`.
///
/// Thread-compatible.
class KeyWriter {
 public:
  /// Appends to `out`, which must outlive the writer.
  explicit KeyWriter(KeyBuffer& out) noexcept : out_(out) {}

  void write_null() { put_tag(detail::tag_null); }
  void write_boolean(bool value) { put_tag(value ? detail::tag_true : detail::tag_false); }

  void write_integer(std::int64_t value) {
    if (value >= 0) return write_unsigned(static_cast<std::uint64_t>(value));
    const std::uint64_t magnitude = ~static_cast<std::uint64_t>(value) + 1;
    const unsigned length = bytes_of(magnitude);
    put(detail::tag_integer_zero - length, ~magnitude << (64 - 8 * length), length);
  }

  void write_unsigned(std::uint64_t value) {
    if (value == 0) return put_tag(detail::tag_integer_zero);
    const unsigned length = bytes_of(value);
    put(detail::tag_integer_zero + length, value << (64 - 8 * length), length);
  }

  void write_real(double value) {
    // On the bits, so that a program compiled with -ffast-math makes the same keys.
    auto bits = std::bit_cast<std::uint64_t>(value);
    if (bits == sign_bit) bits = 0;  // minus zero equals zero
    if ((bits & ~sign_bit) > infinity_bits) bits = nan_bits;
    put(detail::tag_real, (bits & sign_bit) != 0 ? ~bits : bits | sign_bit, 8);
  }

  void write_text(std::string_view text) { put_delimited(detail::tag_text, as_bytes(text)); }
  void write_bytes(BytesView bytes) { put_delimited(detail::tag_bytes, bytes); }

  void write_timestamp(WallTime time) {
    const auto microseconds = static_cast<std::uint64_t>(time.time_since_epoch().count());
    put(detail::tag_timestamp, microseconds ^ sign_bit, 8);
  }

  /// Begins a tuple; what is written until `end_tuple` are its elements.
  /// @throws Error `invalid_argument` beyond `max_key_depth`
  void begin_tuple() {
    if (depth_ == max_key_depth) throw_too_deep();
    ++depth_;
    put_tag(detail::tag_tuple);
  }
  void end_tuple() {
    --depth_;
    put_tag(detail::tag_end);
  }

 private:
  static constexpr std::uint64_t sign_bit = std::uint64_t{1} << 63U;
  static constexpr std::uint64_t infinity_bits = 0x7FF0'0000'0000'0000;
  static constexpr std::uint64_t nan_bits = 0x7FF8'0000'0000'0000;

  [[noreturn]] static void throw_too_deep();

  static unsigned bytes_of(std::uint64_t value) noexcept {
    return (static_cast<unsigned>(std::bit_width(value)) + 7) / 8;
  }

  void put_tag(unsigned tag) { out_.push_back(static_cast<std::byte>(tag)); }

  /// Puts `tag` and the `length` most significant bytes of `value`, most significant first.
  void put(unsigned tag, std::uint64_t value, unsigned length) {
    if constexpr (std::endian::native == std::endian::little) value = __builtin_bswap64(value);
    std::byte* place = out_.reserve(1 + sizeof value);
    *place = static_cast<std::byte>(tag);
    std::memcpy(place + 1, &value, sizeof value);
    out_.commit(1 + length);
  }

  void put_delimited(detail::KeyTag tag, BytesView bytes) {
    if (!bytes.empty() && std::memchr(bytes.data(), 0, bytes.size()) != nullptr) {
      return put_escaped(tag, bytes);
    }
    std::byte* place = out_.reserve(bytes.size() + 3);
    *place = static_cast<std::byte>(tag);
    if (!bytes.empty()) std::memcpy(place + 1, bytes.data(), bytes.size());
    place[bytes.size() + 1] = std::byte{0};
    place[bytes.size() + 2] = static_cast<std::byte>(detail::after_zero_end);
    out_.commit(bytes.size() + 3);
  }

  void put_escaped(detail::KeyTag tag, BytesView bytes);

  KeyBuffer& out_;
  std::size_t depth_ = 0;
};

}  // namespace larder
