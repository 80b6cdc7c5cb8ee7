// SPDX-License-Identifier: Apache-2.0
#include "code/byte_cursor.h"

#include <algorithm>

namespace larder {

std::string_view name_in(BytesView names, std::uint64_t offset) {
  constexpr std::size_t longest = std::size_t{64} << 10U;
  if (offset > names.size()) throw damaged_elf("a name lies behind its end");
  const BytesView rest = names.subspan(offset, std::min(longest, names.size() - offset));
  if (rest.empty()) return {};
  const std::string_view text = as_text(rest);
  const std::size_t size = text.find('\0');
  if (size == std::string_view::npos) throw damaged_elf("a name does not end");
  return text.substr(0, size);
}

void ByteCursor::seek(std::uint64_t position) {
  if (position > bytes_.size()) throw damaged_elf("a length leads behind the end");
  position_ = position;
}

void ByteCursor::skip(std::uint64_t count) {
  if (count > bytes_.size() - position_) throw damaged_elf("a length leads behind the end");
  position_ += count;
}

std::uint64_t ByteCursor::uleb() {
  std::uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const auto byte = number<std::uint8_t>();
    if (shift > 63) throw damaged_elf("a number is too long");
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if ((byte & 0x80U) == 0) return value;
  }
}

std::int64_t ByteCursor::sleb() {
  std::uint64_t value = 0;
  unsigned shift = 0;
  std::uint8_t byte = 0;
  do {
    byte = number<std::uint8_t>();
    if (shift > 63) throw damaged_elf("a number is too long");
    value |= std::uint64_t{byte & 0x7FU} << shift;
    shift += 7;
  } while ((byte & 0x80U) != 0);
  if (shift < 64 && (byte & 0x40U) != 0) value |= ~std::uint64_t{0} << shift;
  return static_cast<std::int64_t>(value);
}

std::string_view ByteCursor::text() {
  const std::string_view text = name_in(bytes_, position_);
  skip(text.size() + 1);
  return text;
}

std::uint64_t ByteCursor::pointer_value(std::uint8_t format) {
  switch (format) {
    case 0x00:  // as wide as an address
    case 0x04:
    case 0x0C:
      return number<std::uint64_t>();
    case 0x01:
      return uleb();
    case 0x02:
      return number<std::uint16_t>();
    case 0x03:
      return number<std::uint32_t>();
    case 0x09:
      return static_cast<std::uint64_t>(sleb());
    case 0x0A:
      return static_cast<std::uint64_t>(std::int64_t{number<std::int16_t>()});
    case 0x0B:
      return static_cast<std::uint64_t>(std::int64_t{number<std::int32_t>()});
    default:
      throw damaged_elf("a pointer is written in an unknown way");
  }
}

std::optional<std::uint64_t> ByteCursor::pointer(std::uint8_t encoding) {
  constexpr std::uint8_t left_out = 0xFF;
  if (encoding == left_out) return std::nullopt;
  const std::uint64_t here = address();
  const std::uint64_t value = pointer_value(encoding & 0x0FU);
  if (value == 0) return std::nullopt;
  switch (encoding & 0x70U) {
    case 0x00:
      return value;
    case 0x10:  // counted from where it is written
      return here + value;
    default:
      throw damaged_elf("a pointer is relative to something unknown");
  }
}

}  // namespace larder
