// SPDX-License-Identifier: Apache-2.0
#include "code/frame_table.h"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "code/byte_cursor.h"

namespace larder {
namespace {

constexpr std::uint8_t left_out = 0xFF;

/// What the descriptions of several functions share (a "CIE").
struct Common {
  std::uint8_t address_encoding = 0;
  std::uint8_t exceptions_encoding = left_out;
  bool has_more = false;
};

Common read_common(ByteCursor cursor) {
  Common common;
  const auto version = cursor.number<std::uint8_t>();
  const std::string_view letters = cursor.text();
  cursor.uleb();
  cursor.sleb();
  if (version == 1) {
    cursor.skip(1);
  } else {
    cursor.uleb();
  }
  if (!letters.starts_with('z')) return common;
  common.has_more = true;
  cursor.uleb();
  for (const char letter : letters.substr(1)) {
    if (letter == 'R') {
      common.address_encoding = cursor.number<std::uint8_t>();
    } else if (letter == 'L') {
      common.exceptions_encoding = cursor.number<std::uint8_t>();
    } else if (letter == 'P') {
      const auto encoding = cursor.number<std::uint8_t>();
      cursor.pointer(encoding);
    } else if (letter != 'S' && letter != 'B') {
      break;  // what follows cannot be read
    }
  }
  return common;
}

class FrameReader {
 public:
  FrameReader(BytesView bytes, std::uint64_t address) : bytes_(bytes), cursor_(bytes, address) {}

  std::vector<CodeExtent> read() {
    while (!cursor_.at_end()) {
      std::uint64_t length = cursor_.number<std::uint32_t>();
      if (length == 0xFFFFFFFFU) length = cursor_.number<std::uint64_t>();
      if (length == 0) break;
      const std::size_t start = cursor_.position();
      cursor_.skip(length);
      const std::size_t next = cursor_.position();
      cursor_.seek(start);
      read_entry(start);
      cursor_.seek(next);
    }
    return std::move(extents_);
  }

 private:
  void read_entry(std::uint64_t start) {
    const std::uint64_t back = cursor_.number<std::uint32_t>();
    if (back == 0) return;  // a common part, read when it is needed
    if (back > start) throw damaged_elf("a frame lies before the first");
    const Common& common = common_at(start - back);
    const auto address = cursor_.pointer(common.address_encoding);
    const auto size = cursor_.pointer(common.address_encoding & 0x0FU);
    if (!address || !size) return;
    CodeExtent extent = {.start = *address, .size = *size, .exceptions = std::nullopt};
    if (common.has_more) {
      cursor_.uleb();
      extent.exceptions = cursor_.pointer(common.exceptions_encoding);
    }
    if (extent.start + extent.size < extent.start) throw damaged_elf("a function is too long");
    extents_.push_back(extent);
  }

  const Common& common_at(std::uint64_t position) {
    const auto known = commons_.find(position);
    if (known != commons_.end()) return known->second;
    ByteCursor cursor(bytes_);
    cursor.seek(position);
    std::uint64_t length = cursor.number<std::uint32_t>();
    if (length == 0xFFFFFFFFU) length = cursor.number<std::uint64_t>();
    if (cursor.number<std::uint32_t>() != 0) throw damaged_elf("a frame refers to no frame");
    return commons_.emplace(position, read_common(cursor)).first->second;
  }

  BytesView bytes_;
  ByteCursor cursor_;
  std::unordered_map<std::uint64_t, Common> commons_;
  std::vector<CodeExtent> extents_;
};

/// The chain of actions that begins at `position`.
std::vector<std::int64_t> read_actions(ByteCursor cursor, std::uint64_t position) {
  constexpr std::size_t longest = 1024;
  std::vector<std::int64_t> actions;
  cursor.seek(position);
  for (;;) {
    actions.push_back(cursor.sleb());
    const std::size_t here = cursor.position();
    const std::int64_t next = cursor.sleb();
    if (next == 0) return actions;
    if (actions.size() == longest) throw damaged_elf("handlers of exceptions run in a circle");
    cursor.seek(here + static_cast<std::uint64_t>(next));
  }
}

std::size_t width_of(std::uint8_t encoding) {
  switch (encoding & 0x0FU) {
    case 0x02:
    case 0x0A:
      return 2;
    case 0x03:
    case 0x0B:
      return 4;
    default:
      return 8;
  }
}

}  // namespace

FrameTable::FrameTable(const ElfFile& file) {
  const ElfSection* const section = file.section(".eh_frame");
  if (section == nullptr) return;
  extents_ = FrameReader(file.bytes_of(*section), section->header.sh_addr).read();
  std::ranges::sort(extents_, {}, [](const CodeExtent& e) { return std::tie(e.start, e.size); });
}

const CodeExtent* FrameTable::around(std::uint64_t address) const noexcept {
  const auto after = std::ranges::upper_bound(extents_, address, {}, &CodeExtent::start);
  if (after == extents_.begin()) return nullptr;
  const CodeExtent& extent = *(after - 1);
  return extent.contains(address) ? &extent : nullptr;
}

ExceptionTable read_exceptions(const ElfFile& file, std::uint64_t address, std::uint64_t start) {
  const ElfSection* const section = file.section_at(address);
  if (section == nullptr) throw damaged_elf("a table of exceptions is nowhere");
  const std::uint64_t base = section->header.sh_addr;
  ByteCursor cursor(file.bytes_of(*section), base);
  cursor.seek(address - base);
  const std::uint64_t pads = cursor.pointer(cursor.number<std::uint8_t>()).value_or(start);
  const auto type_encoding = cursor.number<std::uint8_t>();
  std::uint64_t types_end = 0;
  if (type_encoding != left_out) {
    const std::uint64_t offset = cursor.uleb();
    types_end = cursor.position() + offset;
  }
  const auto range_encoding = cursor.number<std::uint8_t>();
  const std::uint64_t ranges_size = cursor.uleb();
  const std::uint64_t actions_start = cursor.position() + ranges_size;

  ExceptionTable table = {.ranges = {}, .types = {}, .is_indirect = (type_encoding & 0x80U) != 0};
  std::int64_t last_type = 0;
  std::uint64_t all_actions = 0;
  while (cursor.position() < actions_start) {
    ExceptionRange range;
    range.start = start + cursor.pointer(range_encoding & 0x0FU).value_or(0);
    range.end = range.start + cursor.pointer(range_encoding & 0x0FU).value_or(0);
    const auto pad = cursor.pointer(range_encoding & 0x0FU);
    if (pad) range.landing_pad = pads + *pad;
    const std::uint64_t action = cursor.uleb();
    if (action != 0) range.actions = read_actions(cursor, actions_start + action - 1);
    // Each is written somewhere: more would come from chains that share their ends.
    all_actions += range.actions.size();
    if (all_actions > section->header.sh_size) throw damaged_elf("there are too many handlers");
    for (const std::int64_t type : range.actions) last_type = std::max(last_type, type);
    table.ranges.push_back(std::move(range));
  }
  const std::size_t width = width_of(type_encoding);
  for (std::uint64_t i = 1; i <= static_cast<std::uint64_t>(last_type); ++i) {
    if (types_end == 0 || i > types_end / width)
      throw damaged_elf("a type of exceptions is missing");
    cursor.seek(types_end - i * width);
    table.types.push_back(cursor.pointer(type_encoding));
  }
  return table;
}

}  // namespace larder
