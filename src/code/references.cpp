// SPDX-License-Identifier: Apache-2.0

// What an address means that code or a constant contains.

#include <algorithm>
#include <string>

#include "code/graph_builder.h"

namespace larder {

std::optional<std::uint64_t> GraphBuilder::slot_of_stub(std::uint64_t address) const {
  constexpr std::uint64_t longest_stub = 16;
  const ElfSection* const section = binary_.file().section_at(address);
  if (section == nullptr) return std::nullopt;
  if (!section->name.starts_with(".plt") && section->name != ".iplt") return std::nullopt;
  const BytesView bytes = binary_.file().content(address, longest_stub);
  const Disassembly stub = disassemble(bytes, address);
  for (const Instruction& instruction : stub.instructions) {
    if (instruction.flow == Flow::jump) return instruction.data;
  }
  return std::nullopt;
}

void GraphBuilder::refer_code(Listing& listing, std::uint64_t address) {
  if (const auto slot = slot_of_stub(address)) {
    refer_slot(listing, *slot);
    return;
  }
  const CodeExtent extent = binary_.extent_at(address);
  const std::string_view name = binary_.function_name(extent.start);
  const bool is_same =
      extent.start == graph_.parts[0].start || (!name.empty() && name == root_name_);
  if (extent.size == 0 || !follows_(name, is_same)) {
    refer_name(listing, name, address - extent.start);
    return;
  }
  listing.reference(code_part(extent), address);
}

void GraphBuilder::refer_name(Listing& listing, std::string_view name, std::uint64_t offset) {
  listing.name(name, offset);
  if (!name.empty()) graph_.by_name.emplace(name);
}

void GraphBuilder::refer_thread_local(Listing& listing, std::uint64_t offset) {
  const ElfSymbol* const symbol = binary_.symbols().thread_local_around(offset);
  if (symbol == nullptr) {
    refer_name(listing, "", 0);
  } else {
    refer_name(listing, plain_name(symbol->name), offset - symbol->address);
  }
}

bool GraphBuilder::is_thread_block(std::uint64_t slot) const {
  const ElfRelocation* const relocation = binary_.symbols().relocation_at(slot);
  const std::uint64_t offset = slot + sizeof slot;
  return relocation != nullptr && relocation->type == R_X86_64_DTPMOD64 &&
         relocation->symbol.name.empty() && binary_.file().word_at(offset) == 0 &&
         binary_.symbols().relocation_at(offset) == nullptr;
}

void GraphBuilder::refer_slot(Listing& listing, std::uint64_t slot) {
  const ElfRelocation* const relocation = binary_.symbols().relocation_at(slot);
  if (relocation == nullptr) {
    refer_address(listing, binary_.file().word_at(slot));
    return;
  }
  const auto addend = static_cast<std::uint64_t>(relocation->addend);
  const ElfSymbol& symbol = relocation->symbol;
  switch (relocation->type) {
    case R_X86_64_DTPMOD64:
      if (symbol.name.empty()) {
        refer_thread_local(listing, binary_.file().word_at(slot + sizeof slot));
        return;
      }
      break;
    case R_X86_64_TPOFF64:
    case R_X86_64_TLSDESC:
      if (symbol.name.empty()) {
        refer_thread_local(listing, addend);
        return;
      }
      break;
    default:
      if (symbol.is_defined && symbol.type != STT_TLS) {
        refer_address(listing, symbol.address + addend);
        return;
      }
      if (symbol.name.empty()) {
        refer_address(listing, addend);
        return;
      }
      break;
  }
  refer_name(listing, plain_name(symbol.name), addend);
}

void GraphBuilder::refer_address(Listing& listing, std::uint64_t address) {
  const ElfSection* const section = binary_.file().section_at(address);
  if (section == nullptr) {
    listing.item(ListingItem::nothing);
  } else if (section->is_code()) {
    refer_code(listing, address);
  } else if (const ElfSymbol* const object = binary_.symbols().object_around(address)) {
    refer_object(listing, *object, address);
  } else if (binary_.file().content(address, 1).empty()) {
    refer_name(listing, section->name, 0);
  } else if (!write_text(listing, address, false)) {
    refer_nameless(listing, *section, address);
  }
}

void GraphBuilder::refer_nameless(Listing& listing, const ElfSection& section,
                                  std::uint64_t address) {
  const std::uint64_t end = std::min(binary_.symbols().next_object(address),
                                     section.header.sh_addr + section.header.sh_size);
  const std::uint64_t size = std::min(longest_region, end - address);
  if (section.is_writable()) {
    // It may have addresses in it, which may lead back here.
    listing.reference(nameless_part(address, size), address);
  } else {
    write_content(listing, address, size);
  }
}

void GraphBuilder::refer_object(Listing& listing, const ElfSymbol& object, std::uint64_t address) {
  if (!binary_.file().is_constant(object.address)) {
    refer_name(listing, plain_name(object.name), address - object.address);
    // Most tables of functions that are never changed are writable; so the value that a variable
    // has when the program starts counts, too.
    if (binary_.file().content(object.address, 1).empty()) return;
  }
  listing.reference(constant_part(object), address);
}

}  // namespace larder
