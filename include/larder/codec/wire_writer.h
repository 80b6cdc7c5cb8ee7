// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "larder/codec/wire_type.h"
#include "larder/core/bytes.h"

namespace larder {

/// Appends MessagePack values to bytes, always in their shortest form: equal values give equal
/// bytes.
///
/// What is written must add up: after `write_array(n)` come n values, after `write_map(n)` n pairs.
///
/// Not thread-safe.
class WireWriter {
 public:
  /// Appends to `out`, which must outlive the writer.
  explicit WireWriter(Bytes& out) noexcept : out_(&out) {}

  void write_nil() { out_->push_back(std::byte{0xc0}); }
  void write_bool(bool value) { out_->push_back(value ? std::byte{0xc3} : std::byte{0xc2}); }

  void write_int(std::int64_t value) {
    if (value >= 0) return write_uint(static_cast<std::uint64_t>(value));
    if (value >= -32) return out_->push_back(static_cast<std::byte>(value & 0xff));
    write_long_negative(value);
  }

  void write_uint(std::uint64_t value) {
    if (value < 0x80) return out_->push_back(static_cast<std::byte>(value));
    write_long_uint(value);
  }

  /// Writes four bytes; NaNs keep their bits.
  void write_float(float value);

  /// Writes eight bytes; NaNs keep their bits.
  void write_double(double value);

  /// Writes text. It should be UTF-8, so that others can read it; that is not checked.
  /// @throws Error `invalid_argument` if it has 4 GiB or more
  void write_str(std::string_view text);

  /// Writes binary data.
  /// @throws Error `invalid_argument` if it has 4 GiB or more
  void write_bin(BytesView data);

  /// Begins an array of `count` values.
  /// @throws Error `invalid_argument` if there are 2^32 or more
  void write_array(std::size_t count);

  /// Begins a map of `count` pairs.
  /// @throws Error `invalid_argument` if there are 2^32 or more
  void write_map(std::size_t count);

  /// Writes an extension value. Types below 0 belong to MessagePack, 0 to 63 to larder.
  /// @throws Error `invalid_argument` if `data` has 4 GiB or more
  void write_ext(std::int8_t type, BytesView data);

  /// Begins an extension value of `size` bytes, which `write_raw` must add.
  /// @throws Error `invalid_argument` if `size` is 4 GiB or more
  void write_ext_header(std::int8_t type, std::size_t size);

  /// Appends bytes as they are: complete values, or the data of an extension.
  void write_raw(BytesView raw);

  /// What is written to, with all that was there before.
  [[nodiscard]] Bytes& bytes() noexcept { return *out_; }

 private:
  friend class WireNesting<WireWriter>;
  void enter();
  void leave() noexcept { --depth_; }

  void write_long_negative(std::int64_t value);
  void write_long_uint(std::uint64_t value);
  void reserve_more(std::size_t more);
  void write_head(const std::byte* head, std::size_t size, std::size_t body_size);

  Bytes* out_;
  std::size_t depth_ = 0;
};

}  // namespace larder
