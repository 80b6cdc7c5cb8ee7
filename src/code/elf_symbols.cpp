// SPDX-License-Identifier: Apache-2.0
#include "code/elf_symbols.h"

#include <cxxabi.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <memory>
#include <tuple>

#include "code/byte_cursor.h"

namespace larder {
namespace {

ElfSymbol read_symbol(BytesView table, std::uint64_t index, BytesView names) {
  const auto entry = load_at<Elf64_Sym>(table, index * sizeof(Elf64_Sym));
  return {.name = name_in(names, entry.st_name),
          .address = entry.st_value,
          .size = entry.st_size,
          .type = static_cast<std::uint8_t>(ELF64_ST_TYPE(entry.st_info)),
          .is_defined = entry.st_shndx != SHN_UNDEF && entry.st_shndx != SHN_ABS};
}

/// The names that belong to a table of symbols.
BytesView names_of(const ElfFile& file, const ElfSection& table) {
  if (table.header.sh_link >= file.sections().size()) throw damaged_elf("symbols without names");
  return file.bytes_of(file.sections()[table.header.sh_link]);
}

bool is_data(const ElfSymbol& symbol) {
  return symbol.type == STT_OBJECT || symbol.type == STT_COMMON;
}

/// The one of `symbols` around `address`; `order` has them by address.
const ElfSymbol* innermost(const std::vector<ElfSymbol>& symbols,
                           const std::vector<std::uint32_t>& order, std::uint64_t address) {
  constexpr int most_steps = 64;  // objects hardly ever lie in each other
  const auto after = std::ranges::upper_bound(order, address, {},
                                              [&](std::uint32_t i) { return symbols[i].address; });
  const ElfSymbol* best = nullptr;
  int steps = 0;
  for (auto at = after; at != order.begin() && steps < most_steps; ++steps) {
    const ElfSymbol& symbol = symbols[*--at];
    if (best != nullptr && symbol.address < best->address) break;
    if (address - symbol.address >= std::max<std::uint64_t>(symbol.size, 1)) continue;
    if (best == nullptr || std::tie(symbol.size, symbol.name) < std::tie(best->size, best->name)) {
      best = &symbol;
    }
  }
  return best;
}

}  // namespace

ElfSymbols::ElfSymbols(const ElfFile& file) {
  const ElfSection* table = file.section_of_type(SHT_SYMTAB);
  is_complete_ = table != nullptr;
  if (table == nullptr) table = file.section_of_type(SHT_DYNSYM);
  if (table != nullptr) read_table(file, *table);
  for (const ElfSection& section : file.sections()) {
    if (section.header.sh_type == SHT_RELA && section.is_loaded()) {
      read_relocations(file, section);
    }
    if (section.header.sh_type == SHT_RELR && section.is_loaded()) {
      read_packed_relocations(file, section);
    }
  }
}

void ElfSymbols::read_table(const ElfFile& file, const ElfSection& section) {
  const BytesView table = file.bytes_of(section);
  const BytesView names = names_of(file, section);
  for (std::uint64_t i = 0; i < table.size() / sizeof(Elf64_Sym); ++i) {
    const ElfSymbol symbol = read_symbol(table, i, names);
    if (!symbol.is_defined || symbol.name.empty()) continue;
    if (symbol.is_function() || is_data(symbol) || symbol.type == STT_TLS) {
      symbols_.push_back(symbol);
    }
  }
  sort_symbols();
}

void ElfSymbols::sort_symbols() {
  std::ranges::sort(symbols_, {}, [](const ElfSymbol& s) { return std::tie(s.address, s.name); });
  for (std::uint32_t i = 0; i < symbols_.size(); ++i) {
    const ElfSymbol& symbol = symbols_[i];
    auto& order = symbol.is_function()     ? functions_
                  : symbol.type == STT_TLS ? thread_locals_
                                           : objects_;
    order.push_back(i);
  }
}

void ElfSymbols::read_relocations(const ElfFile& file, const ElfSection& section) {
  const BytesView entries = file.bytes_of(section);
  BytesView table;
  BytesView names;
  if (section.header.sh_link != 0) {
    if (section.header.sh_link >= file.sections().size())
      throw damaged_elf("relocations of nothing");
    const ElfSection& symbols = file.sections()[section.header.sh_link];
    table = file.bytes_of(symbols);
    if (!table.empty()) names = names_of(file, symbols);
  }
  for (std::uint64_t i = 0; i < entries.size() / sizeof(Elf64_Rela); ++i) {
    const auto entry = load_at<Elf64_Rela>(entries, i * sizeof(Elf64_Rela));
    ElfRelocation relocation = {.type = static_cast<std::uint32_t>(ELF64_R_TYPE(entry.r_info)),
                                .symbol = {},
                                .addend = entry.r_addend};
    const std::uint64_t index = ELF64_R_SYM(entry.r_info);
    if (index != 0) relocation.symbol = read_symbol(table, index, names);
    relocations_.emplace(entry.r_offset, relocation);
  }
}

void ElfSymbols::read_packed_relocations(const ElfFile& file, const ElfSection& section) {
  constexpr std::uint64_t word = sizeof(std::uint64_t);
  constexpr unsigned words_in_map = 63;
  const BytesView entries = file.bytes_of(section);
  const auto add = [&](std::uint64_t address) {
    if (file.section_at(address) == nullptr) throw damaged_elf("a relocation of nothing");
    relocations_.emplace(address,
                         ElfRelocation{.type = R_X86_64_RELATIVE,
                                       .symbol = {},
                                       .addend = static_cast<std::int64_t>(file.word_at(address))});
  };
  std::uint64_t next = 0;
  for (std::uint64_t i = 0; i < entries.size() / word; ++i) {
    const auto entry = load_at<std::uint64_t>(entries, i * word);
    if (entry % 2 == 0) {  // an address
      add(entry);
      next = entry + word;
      continue;
    }
    // A map of the words that follow.
    for (unsigned bit = 0; bit < words_in_map; ++bit) {
      if ((entry >> (bit + 1) & 1U) != 0) add(next + bit * word);
    }
    next += words_in_map * word;
  }
}

const ElfSymbol* ElfSymbols::function_at(std::uint64_t address) const noexcept {
  const auto found = std::ranges::lower_bound(functions_, address, {},
                                              [&](std::uint32_t i) { return symbols_[i].address; });
  if (found == functions_.end() || symbols_[*found].address != address) return nullptr;
  return &symbols_[*found];
}

const ElfSymbol* ElfSymbols::object_around(std::uint64_t address) const noexcept {
  return innermost(symbols_, objects_, address);
}

const ElfSymbol* ElfSymbols::thread_local_around(std::uint64_t offset) const noexcept {
  return innermost(symbols_, thread_locals_, offset);
}

std::uint64_t ElfSymbols::next_object(std::uint64_t address) const noexcept {
  const auto after = std::ranges::upper_bound(objects_, address, {},
                                              [&](std::uint32_t i) { return symbols_[i].address; });
  return after == objects_.end() ? std::numeric_limits<std::uint64_t>::max()
                                 : symbols_[*after].address;
}

const ElfRelocation* ElfSymbols::relocation_at(std::uint64_t address) const noexcept {
  const auto found = relocations_.find(address);
  return found == relocations_.end() ? nullptr : &found->second;
}

std::string_view plain_name(std::string_view name) noexcept {
  static constexpr std::array<std::string_view, 7> suffixes = {
      "constprop", "isra", "part", "cold", "lto_priv", "llvm", "localalias"};
  name = name.substr(0, name.find('@'));
  for (;;) {
    const std::size_t dot = name.rfind('.');
    if (dot == std::string_view::npos || dot == 0) return name;
    const std::string_view last = name.substr(dot + 1);
    const bool is_number =
        !last.empty() && last.find_first_not_of("0123456789") == std::string_view::npos;
    if (!is_number && std::ranges::find(suffixes, last) == suffixes.end()) return name;
    name = name.substr(0, dot);
  }
}

std::string demangled_type(const char* name) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(name, nullptr, nullptr, &status), &std::free);
  return text == nullptr ? name : text.get();
}

std::string demangled(std::string_view name) {
  // Other names could be mistaken for those of types: "f" is float.
  return name.starts_with("_Z") ? demangled_type(std::string(name).c_str()) : std::string(name);
}

}  // namespace larder
