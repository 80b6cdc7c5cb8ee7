// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "larder/codec/wire_type.h"
#include "larder/core/bytes.h"

namespace larder {

/// Reads what `WireWriter` wrote, and nothing else: every function throws `Error` of kind `corrupt`
/// if the next value is of another type, is cut off or is not in its shortest form. Reads no byte
/// outside its input and allocates nothing.
///
/// Views that it hands out look into the input and live as long as that does.
///
/// Not thread-safe.
class WireReader {
 public:
  explicit WireReader(BytesView in) noexcept
      : begin_(in.data()), at_(begin_), end_(begin_ + in.size()) {}

  /// The type of the next value.
  [[nodiscard]] WireType peek() const;

  /// Whether the next value is nil. It is not consumed.
  [[nodiscard]] bool next_is_nil() const noexcept { return at_ != end_ && *at_ == std::byte{0xc0}; }

  /// Whether the next value is an integer below zero. It is not consumed.
  [[nodiscard]] bool next_is_negative() const noexcept {
    return at_ != end_ &&
           (*at_ >= std::byte{0xe0} || (*at_ >= std::byte{0xd0} && *at_ <= std::byte{0xd3}));
  }

  void read_nil();
  [[nodiscard]] bool read_bool();

  /// Also throws if the integer does not fit.
  [[nodiscard]] std::int64_t read_int() {
    if (at_ != end_) {
      const auto small = static_cast<std::int8_t>(*at_);
      if (small >= -32) return ++at_, small;
    }
    return read_long_int();
  }

  /// Also throws if the integer is negative.
  [[nodiscard]] std::uint64_t read_uint() {
    if (at_ != end_ && *at_ < std::byte{0x80}) return std::to_integer<std::uint64_t>(*at_++);
    return read_long_uint();
  }

  [[nodiscard]] float read_float();
  [[nodiscard]] double read_double();

  /// Text as it was written; that it is UTF-8 is not checked.
  [[nodiscard]] std::string_view read_str() { return as_text(take(read_str_size())); }
  [[nodiscard]] BytesView read_bin() { return take(read_bin_size()); }

  /// How many values follow: no more than there are bytes left.
  [[nodiscard]] std::size_t read_array();

  /// How many pairs follow: no more than half the bytes left.
  [[nodiscard]] std::size_t read_map();

  [[nodiscard]] WireExt read_ext();

  /// Passes over the next value with all that is in it, and returns its bytes.
  BytesView skip();

  /// Throws if anything is left.
  void expect_end() const {
    if (at_ != end_) fail("expected the end");
  }

  /// Bytes not yet read.
  [[nodiscard]] std::size_t remaining() const noexcept {
    return static_cast<std::size_t>(end_ - at_);
  }

  /// Bytes already read.
  [[nodiscard]] std::size_t position() const noexcept {
    return static_cast<std::size_t>(at_ - begin_);
  }

  /// What was read since `position()` was `from`.
  [[nodiscard]] BytesView read_since(std::size_t from) const noexcept {
    return {begin_ + from, at_};
  }

  /// Throws `corrupt`: `problem` and where in the input it was found. For codecs that check more
  /// than the wire does.
  [[noreturn]] void fail(std::string_view problem) const;

 private:
  friend class WireNesting<WireReader>;
  void enter() {
    if (depth_ == max_wire_depth) fail("nested too deep");
    ++depth_;
  }
  void leave() noexcept { --depth_; }

  BytesView take(std::size_t size) {
    if (size > remaining()) fail("cut off");
    const std::byte* const from = at_;
    at_ += size;
    return {from, size};
  }

  [[nodiscard]] std::uint8_t take_tag();
  [[noreturn]] void fail_type(std::string_view wanted, std::uint8_t found) const;
  template <typename T>
  [[nodiscard]] T take_number();
  template <typename T>
  [[nodiscard]] std::uint64_t take_at_least(std::uint64_t smallest);
  template <typename T>
  [[nodiscard]] std::int64_t take_below(std::int64_t bound);
  [[nodiscard]] std::int64_t read_long_int();
  [[nodiscard]] std::uint64_t read_long_uint();
  [[nodiscard]] std::size_t read_str_size();
  [[nodiscard]] std::size_t read_bin_size();
  [[nodiscard]] std::size_t read_ext_size(std::uint8_t tag);
  [[nodiscard]] std::size_t skip_head();

  const std::byte* begin_;
  const std::byte* at_;
  const std::byte* end_;
  std::size_t depth_ = 0;
};

}  // namespace larder
