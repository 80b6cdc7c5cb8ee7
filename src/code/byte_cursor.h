// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "larder/core/bytes.h"
#include "larder/core/error.h"

namespace larder {

/// The error for a binary that contradicts itself.
[[nodiscard]] inline Error damaged_elf(const std::string& what) {
  return {ErrorKind::corrupt, "damaged ELF file: " + what};
}

/// Copies a `T` out of `bytes` at `offset`.
/// @throws Error `corrupt` if it is not all there
template <typename T>
[[nodiscard]] T load_at(BytesView bytes, std::uint64_t offset) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) {
    throw damaged_elf("something lies behind its end");
  }
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

/// The name at `offset` of a table of names; no name has more than 64 KiB, so that reading many
/// ends.
/// @throws Error `corrupt` if it does not end
[[nodiscard]] std::string_view name_in(BytesView names, std::uint64_t offset);

/// Reads what debugging formats are made of, one item after the other. What is not there, or does
/// not fit into 64 bits, is an `Error` `corrupt`.
class ByteCursor {
 public:
  /// `bytes` lie at `address` when the program runs.
  explicit ByteCursor(BytesView bytes, std::uint64_t address = 0)
      : bytes_(bytes), address_(address) {}

  [[nodiscard]] bool at_end() const noexcept { return position_ == bytes_.size(); }
  [[nodiscard]] std::size_t position() const noexcept { return position_; }
  [[nodiscard]] std::uint64_t address() const noexcept { return address_ + position_; }
  void seek(std::uint64_t position);
  void skip(std::uint64_t count);

  template <typename T>
  T number() {
    const T value = load_at<T>(bytes_, position_);
    position_ += sizeof(T);
    return value;
  }
  /// A number of variable length (DWARF "LEB128").
  std::uint64_t uleb();
  std::int64_t sleb();
  /// Characters up to a zero byte, which is skipped.
  std::string_view text();
  /// The address that is written in one of the ways of exception tables (`DW_EH_PE_...`); nothing
  /// if it is a null pointer or left out. Whether it is the address of the address is left to the
  /// caller.
  std::optional<std::uint64_t> pointer(std::uint8_t encoding);

 private:
  std::uint64_t pointer_value(std::uint8_t format);

  BytesView bytes_;
  std::uint64_t address_;
  std::size_t position_ = 0;
};

}  // namespace larder
