// SPDX-License-Identifier: Apache-2.0

// Constants count with their content. Those that have a name also have a size; how far others reach
// is told by what the code does with them. In doubt too much counts, never too little.

#include <algorithm>
#include <cstring>
#include <string_view>

#include "code/byte_cursor.h"
#include "code/graph_builder.h"
#include "code/table_use.h"

namespace larder {
namespace {

bool is_text(std::byte byte) {
  const auto value = std::to_integer<unsigned>(byte);
  return (value >= 0x20 && value != 0x7F) || value == '\n' || value == '\t' || value == '\r' ||
         value == 0x1B;
}

/// The length of the characters of `width` bytes up to a zero, or nothing if `bytes` are no such
/// text. Only the lowest byte of each may be more than 0 in wide ones.
std::optional<std::size_t> text_size(BytesView bytes, std::size_t width) {
  for (std::size_t at = 0; at + width <= bytes.size(); at += width) {
    const BytesView high = bytes.subspan(at + 1, width - 1);
    if (std::ranges::any_of(high, [](std::byte b) { return b != std::byte{0}; })) return {};
    if (bytes[at] == std::byte{0}) return at;
    if (!is_text(bytes[at])) return {};
  }
  return {};
}

}  // namespace

void GraphBuilder::refer_data(Function& function, std::size_t at) {
  const Instruction& instruction = function.code[at];
  const std::uint64_t address = *instruction.data;
  const ElfFile& file = binary_.file();
  const ElfRelocation* const relocation = binary_.symbols().relocation_at(address);
  const bool is_pair = relocation != nullptr && (relocation->type == R_X86_64_DTPMOD64 ||
                                                 relocation->type == R_X86_64_TLSDESC);
  if (function.uses_thread_block && is_thread_block(address)) {
    function.listing.item(ListingItem::nothing);
    return;
  }
  // A slot of the global offset table: what it leads to, not where it is.
  if (is_pair || (relocation != nullptr && !instruction.is_address_only &&
                  instruction.access_bytes == sizeof address && file.is_constant(address))) {
    refer_slot(function.listing, address);
    return;
  }
  const bool is_named = binary_.symbols().object_around(address) != nullptr;
  const ElfSection* const section = file.section_at(address);
  const bool is_data = section != nullptr && !section->is_code();
  // Without a name, a constant table of addresses that some compilers put among the variables looks
  // like one of these: their first values count.
  if (is_data && !is_named && !file.content(address, 1).empty()) {
    write_literal(function, at, address);
  } else if (address - function.part.start < function.part.size) {
    function.listing.number(ListingItem::place, function.part.place_of(address));
  } else {
    refer_address(function.listing, address);
  }
}

void GraphBuilder::write_literal(Function& function, std::size_t at, std::uint64_t address) {
  const Instruction& instruction = function.code[at];
  Listing& listing = function.listing;
  if (!instruction.is_address_only && instruction.access_bytes > 0) {
    write_content(listing, address, instruction.access_bytes);
    return;
  }
  if (write_cases(function, at, address)) return;
  const TableUse use = find_table_use(function.code, at);
  if (use.callee && use.entries && copies_memory(*use.callee)) {
    write_content(listing, address, *use.entries);
    return;
  }
  const bool is_bytewise = use.is_indexed && use.element_bytes == 1;
  const bool may_be_text = !use.is_indexed || (is_bytewise && !use.entries);
  if (may_be_text && write_text(listing, address, is_bytewise)) return;
  std::uint64_t size = region_size(function, address);
  if (use.entries && use.element_bytes > 0 && *use.entries < longest_region) {
    size = std::min(size, *use.entries * use.element_bytes + use.tail_bytes);
  }
  if (use.is_relative) {
    write_distances(listing, address, size);
  } else {
    write_content(listing, address, size);
  }
}

bool GraphBuilder::copies_memory(std::uint64_t function) const {
  const auto slot = slot_of_stub(function);
  const ElfRelocation* const relocation = slot ? binary_.symbols().relocation_at(*slot) : nullptr;
  if (relocation == nullptr) return false;
  const std::string_view name = plain_name(relocation->symbol.name);
  return name == "memcpy" || name == "memmove" || name == "__memcpy_chk";
}

void GraphBuilder::write_distances(Listing& listing, std::uint64_t table, std::uint64_t size) {
  using Distance = std::int32_t;
  const BytesView bytes = binary_.file().content(table, size);
  bool leads_to_slots = false;
  for (std::uint64_t at = 0; at + sizeof(Distance) <= bytes.size(); at += sizeof(Distance)) {
    const std::int64_t distance = load_at<Distance>(bytes, at);
    const std::uint64_t address = table + static_cast<std::uint64_t>(distance);
    // Behind the last, if nothing told how many there are.
    if (distance == 0 || binary_.file().section_at(address) == nullptr) return;
    const bool is_slot = binary_.symbols().relocation_at(address) != nullptr;
    if (at == 0) leads_to_slots = is_slot;
    if (is_slot != leads_to_slots) return;
    if (is_slot) {
      refer_slot(listing, address);
    } else {
      refer_address(listing, address);
    }
  }
}

bool GraphBuilder::is_case(const Function& function, std::uint64_t address) const {
  const CodePart& part = function.part;
  if (address - part.start < part.size) {
    return std::ranges::binary_search(part.places, address);
  }
  const CodeExtent* const other = binary_.frames().around(address);
  return other != nullptr && !plain_name(part.symbol).empty() &&
         binary_.function_name(other->start) == plain_name(part.symbol);
}

bool GraphBuilder::write_cases(Function& function, std::size_t at, std::uint64_t table) {
  using Offset = std::int32_t;
  if (!function.jumps_anywhere || table % sizeof(Offset) != 0) return false;
  const BytesView bytes = binary_.file().content(table, region_size(function, table));
  const std::uint64_t most = switch_entries(function.code, at).value_or(bytes.size());
  std::vector<std::uint64_t> cases;
  while (cases.size() < most && (cases.size() + 1) * sizeof(Offset) <= bytes.size()) {
    const auto offset = load_at<Offset>(bytes, cases.size() * sizeof(Offset));
    const std::uint64_t target = table + static_cast<std::uint64_t>(std::int64_t{offset});
    if (!is_case(function, target)) break;
    cases.push_back(target);
  }
  if (cases.empty()) return false;
  function.has_table_of_cases = true;
  function.listing.number(ListingItem::table, cases.size());
  for (const std::uint64_t target : cases) {
    if (target - function.part.start < function.part.size) {
      function.listing.number(ListingItem::place, function.part.place_of(target));
    } else {
      refer_code(function.listing, target);
    }
  }
  return true;
}

std::uint64_t GraphBuilder::region_size(const Function& function, std::uint64_t address) const {
  std::uint64_t size = std::min(longest_region, binary_.symbols().next_object(address) - address);
  const auto next = function.addresses.upper_bound(address);
  if (next != function.addresses.end()) size = std::min(size, *next - address);
  return size;
}

bool GraphBuilder::write_text(Listing& listing, std::uint64_t address, bool is_bytewise) const {
  constexpr std::uint64_t longest_text = std::uint64_t{1} << 20U;
  const BytesView bytes = binary_.file().content(address, longest_text);
  // The dynamic linker puts an address here, whose bytes may look like letters before.
  if (bytes.empty() || binary_.symbols().relocation_at(address) != nullptr) return false;
  if (bytes[0] == std::byte{0}) {
    // The end of some text, which an empty one shares; otherwise it is no text.
    const BytesView before = binary_.file().content(address - 1, 1);
    if (is_bytewise || before.empty() || !is_text(before[0])) return false;
    listing.item(ListingItem::content);
    listing.bytes({});
    return true;
  }
  std::optional<std::size_t> size = text_size(bytes, 1);
  // One letter and a zero: perhaps the first of a text of wide characters.
  for (const std::size_t width : {sizeof(char32_t), sizeof(char16_t)}) {
    if (size != 1U || is_bytewise || address % width != 0) continue;
    const auto wide = text_size(bytes, width);
    if (wide.value_or(0) > width) size = wide;
  }
  if (!size) return false;
  listing.item(ListingItem::content);
  listing.bytes(bytes.first(*size));
  return true;
}

void GraphBuilder::write_content(Listing& listing, std::uint64_t address, std::uint64_t size) {
  const ElfSection* const section = binary_.file().section_at(address);
  BytesView bytes = binary_.file().content(address, size);
  if (section == nullptr || !section->is_writable()) {
    // Zeros at the end may be room between two constants.
    while (!bytes.empty() && bytes.back() == std::byte{0}) bytes = bytes.first(bytes.size() - 1);
    listing.item(ListingItem::content);
    listing.bytes(bytes);
    return;
  }
  // The dynamic linker puts addresses in here.
  constexpr std::uint64_t word = sizeof(std::uint64_t);
  std::uint64_t done = 0;
  for (std::uint64_t at = (word - address % word) % word; at + word <= bytes.size(); at += word) {
    if (binary_.symbols().relocation_at(address + at) == nullptr) continue;
    listing.item(ListingItem::content);
    listing.bytes(bytes.subspan(done, at - done));
    refer_slot(listing, address + at);
    done = at + word;
  }
  listing.item(ListingItem::content);
  listing.bytes(bytes.subspan(done));
}

void GraphBuilder::read_constant(std::size_t index) {
  Listing listing;
  const std::uint64_t start = graph_.parts[index].start;
  const std::uint64_t size = graph_.parts[index].size;
  listing.number(size);
  // clang replaces tables of addresses by tables of distances, which need no relocations.
  if (graph_.parts[index].symbol.ends_with(".rel")) {
    write_distances(listing, start, size);
  } else {
    write_content(listing, start, size);
  }
  listing.move_to(graph_.parts[index]);
}

}  // namespace larder
