// SPDX-License-Identifier: Apache-2.0
#include "code/graph_builder.h"

#include <algorithm>
#include <string>
#include <utility>

#include "larder/core/error.h"

namespace larder {
namespace {

/// Of distances to thread-local data; in fewer bytes there are only other numbers.
constexpr std::uint8_t size_of_distance = 4;

constexpr std::uint64_t most_text_bytes = std::uint64_t{256} << 20U;

Error cannot_read(const std::string& what) { return {ErrorKind::not_supported, what}; }

std::string hexadecimal(std::uint64_t value) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  do {
    text.insert(text.begin(), digits[value % 16]);
    value /= 16;
  } while (value != 0);
  return "0x" + text;
}

}  // namespace

CodeGraph GraphBuilder::build(std::uint64_t address) {
  const CodeExtent extent = binary_.extent_at(address);
  root_name_ = binary_.function_name(extent.start);
  if (extent.size == 0) throw cannot_read("nobody knows how long the function is");
  code_part(extent);
  for (std::size_t i = 0; i < graph_.parts.size(); ++i) {
    if (graph_.parts[i].is_code) {
      read_code(i);
    } else {
      read_constant(i);
    }
    text_bytes_ += graph_.parts[i].text.size();
    if (text_bytes_ > most_text_bytes) throw cannot_read("it leads to too much code");
  }
  return std::move(graph_);
}

std::uint32_t GraphBuilder::code_part(const CodeExtent& extent) {
  CodePart part;
  part.is_code = true;
  part.start = extent.start;
  part.size = extent.size;
  const ElfSymbol* const symbol = binary_.symbols().function_at(extent.start);
  if (symbol != nullptr) part.symbol = symbol->name;
  return add_part(std::move(part));
}

std::uint32_t GraphBuilder::constant_part(const ElfSymbol& object) {
  CodePart part;
  part.start = object.address;
  part.size = object.size;
  part.symbol = object.name;
  return add_part(std::move(part));
}

std::uint32_t GraphBuilder::nameless_part(std::uint64_t address, std::uint64_t size) {
  CodePart part;
  part.start = address;
  part.size = size;
  return add_part(std::move(part));
}

std::uint32_t GraphBuilder::add_part(CodePart part) {
  const auto number = static_cast<std::uint32_t>(graph_.parts.size());
  const auto [known, is_new] = numbers_.emplace(part.start, number);
  if (!is_new) return known->second;
  graph_.parts.push_back(std::move(part));
  return number;
}

void GraphBuilder::read_code(std::size_t index) {
  Function function;
  function.part = std::move(graph_.parts[index]);
  const BytesView bytes = binary_.file().content(function.part.start, function.part.size);
  if (bytes.size() != function.part.size) throw cannot_read("a function has no code");
  Disassembly all = disassemble(bytes, function.part.start);
  if (all.unknown_at) {
    throw cannot_read("libcapstone does not know the instruction at " +
                      hexadecimal(*all.unknown_at));
  }
  for (const Instruction& instruction : all.instructions) {
    if (instruction.flow == Flow::none) continue;
    function.part.places.push_back(instruction.address);
    function.code.push_back(instruction);
  }
  note_addresses(function);
  for (std::size_t at = 0; at < function.code.size(); ++at) write_instruction(function, at);
  const CodeExtent extent = binary_.extent_at(function.part.start);
  if (extent.exceptions) write_exceptions(function, extent);
  function.listing.move_to(function.part);
  graph_.parts[index] = std::move(function.part);
}

void GraphBuilder::note_addresses(Function& function) const {
  bool has_block = false;
  bool has_distance = false;  // without, the block is the first variable in it
  for (const Instruction& instruction : function.code) {
    if (instruction.data) {
      function.addresses.insert(*instruction.data);
      has_block = has_block || is_thread_block(*instruction.data);
    } else if (instruction.has_memory) {
      has_distance = has_distance ||
                     is_in_thread_block(instruction.displacement, instruction.displacement_size);
    }
    const bool is_anywhere = instruction.flow == Flow::jump && !instruction.target;
    if (is_anywhere && !instruction.data) function.jumps_anywhere = true;
    if (instruction.is_thread_local) function.uses_thread_pointer = true;
  }
  function.uses_thread_block = has_block && has_distance;
}

void GraphBuilder::write_instruction(Function& function, std::size_t at) {
  const Instruction& instruction = function.code[at];
  Listing& listing = function.listing;
  if (instruction.target) {
    write_branch(function, instruction);
    return;
  }
  listing.item(ListingItem::instruction);
  Bytes bytes = to_bytes(instruction.bytes);
  const auto forget = [&](std::uint8_t start, std::uint8_t size) {
    const auto first = bytes.begin() + start;
    std::fill(first, first + size, std::byte{0});
  };
  Listing meant;  // what was forgotten follows the bytes
  std::swap(meant, listing);
  if (instruction.data) {
    forget(instruction.displacement_at, instruction.displacement_size);
    refer_data(function, at);
  } else if (write_thread_local(function, instruction.displacement,
                                instruction.displacement_size)) {
    forget(instruction.displacement_at, instruction.displacement_size);
  }
  if (instruction.immediate &&
      write_thread_local(function, *instruction.immediate, instruction.immediate_size)) {
    forget(instruction.immediate_at, instruction.immediate_size);
  }
  std::swap(meant, listing);
  listing.bytes(bytes);
  listing.append(meant);
  const bool is_indirect =
      (instruction.flow == Flow::call && !instruction.data) ||
      (instruction.flow == Flow::jump && !instruction.data && !function.has_table_of_cases);
  if (is_indirect) ++function.part.indirect_calls;
}

void GraphBuilder::write_branch(Function& function, const Instruction& instruction) {
  function.listing.number(ListingItem::branch, instruction.operation);
  const std::uint64_t target = *instruction.target;
  if (target - function.part.start < function.part.size) {
    function.listing.number(ListingItem::place, function.part.place_of(target));
  } else {
    refer_code(function.listing, target);
  }
}

bool GraphBuilder::is_in_thread_block(std::int64_t distance, std::uint8_t size) const {
  return size == size_of_distance && distance >= 0 &&
         binary_.symbols().thread_local_around(static_cast<std::uint64_t>(distance)) != nullptr;
}

bool GraphBuilder::write_thread_local(Function& function, std::int64_t displacement,
                                      std::uint8_t size) {
  if (size != size_of_distance) return false;
  if (function.uses_thread_block && is_in_thread_block(displacement, size)) {
    refer_thread_local(function.listing, static_cast<std::uint64_t>(displacement));
    return true;
  }
  if (!function.uses_thread_pointer || displacement >= 0) return false;
  const std::uint64_t bytes = binary_.thread_local_bytes();
  const auto back = static_cast<std::uint64_t>(-displacement);
  if (back > bytes) return false;
  refer_thread_local(function.listing, bytes - back);
  return true;
}

void GraphBuilder::write_exceptions(Function& function, const CodeExtent& extent) {
  Listing& listing = function.listing;
  const CodePart& part = function.part;
  const ExceptionTable table = read_exceptions(binary_.file(), *extent.exceptions, extent.start);
  listing.number(ListingItem::exceptions, table.ranges.size());
  for (const ExceptionRange& range : table.ranges) {
    listing.number(part.place_of(range.start));
    listing.number(part.place_of(range.end));
    if (range.landing_pad == 0) {
      listing.item(ListingItem::nothing);
    } else if (range.landing_pad - part.start < part.size) {
      listing.number(ListingItem::place, part.place_of(range.landing_pad));
    } else {
      refer_code(listing, range.landing_pad);
    }
    listing.number(range.actions.size());
    for (const std::int64_t action : range.actions) {
      listing.number(static_cast<std::uint64_t>(action));
    }
  }
  for (const auto& type : table.types) {
    if (!type) {
      listing.item(ListingItem::catches_all);
    } else if (table.is_indirect) {
      refer_slot(listing, *type);
    } else {
      refer_address(listing, *type);
    }
  }
}

CodeGraph build_graph(const Binary& binary, std::uint64_t address, const FollowRule& follows) {
  return GraphBuilder(binary, follows).build(address);
}

}  // namespace larder
