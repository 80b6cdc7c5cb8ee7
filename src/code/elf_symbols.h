// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "code/elf_file.h"

namespace larder {

/// A name for an address. The name lives as long as the file.
struct ElfSymbol {
  std::string_view name;
  std::uint64_t address = 0;
  std::uint64_t size = 0;
  std::uint8_t type = STT_NOTYPE;
  bool is_defined = false;

  [[nodiscard]] bool is_function() const noexcept {
    return type == STT_FUNC || type == STT_GNU_IFUNC;
  }
};

/// What the dynamic linker writes to an address of the program.
struct ElfRelocation {
  std::uint32_t type = 0;
  ElfSymbol symbol;         ///< Without a name where only an address is added.
  std::int64_t addend = 0;  ///< Added to the symbol, or to where the file is loaded.
};

/// The names and relocations of a file.
class ElfSymbols {
 public:
  /// Reads those of `file`, which must live longer.
  /// @throws Error `corrupt`
  explicit ElfSymbols(const ElfFile& file);

  /// Whether the full table of symbols is there, which `strip` removes.
  [[nodiscard]] bool is_complete() const noexcept { return is_complete_; }
  /// Everything that has a name and an address, by address; of thread-local data the address is
  /// counted from their beginning.
  [[nodiscard]] std::span<const ElfSymbol> all() const noexcept { return symbols_; }

  /// The function that begins at `address`: that with the smallest name, because the order of
  /// several is an accident; or nullptr.
  [[nodiscard]] const ElfSymbol* function_at(std::uint64_t address) const noexcept;
  /// The data that lie at `address`: the innermost, of equal ones that with the smallest name; or
  /// nullptr.
  [[nodiscard]] const ElfSymbol* object_around(std::uint64_t address) const noexcept;
  /// The thread-local data at `offset` from their beginning, or nullptr.
  [[nodiscard]] const ElfSymbol* thread_local_around(std::uint64_t offset) const noexcept;
  /// Where the first named data behind `address` begin; the greatest number if there are none.
  [[nodiscard]] std::uint64_t next_object(std::uint64_t address) const noexcept;

  /// What is written to `address` when the program starts, or nullptr.
  [[nodiscard]] const ElfRelocation* relocation_at(std::uint64_t address) const noexcept;

 private:
  void read_table(const ElfFile& file, const ElfSection& section);
  void read_relocations(const ElfFile& file, const ElfSection& section);
  /// Those that only add where the file is loaded, in few bytes (RELR).
  void read_packed_relocations(const ElfFile& file, const ElfSection& section);
  void sort_symbols();

  bool is_complete_ = false;
  std::vector<ElfSymbol> symbols_;  // that are defined, by address and name
  std::vector<std::uint32_t> functions_;
  std::vector<std::uint32_t> objects_;
  std::vector<std::uint32_t> thread_locals_;
  std::unordered_map<std::uint64_t, ElfRelocation> relocations_;
};

/// `name` without what compilers and linkers append to copies and parts of a function or an object
/// (`.constprop.0`, `.cold`, `.lto_priv.3`, `.7`), and without its version (`@GLIBC_2.2.5`).
[[nodiscard]] std::string_view plain_name(std::string_view name) noexcept;

/// How people write the name of a type that `std::type_info` gives.
[[nodiscard]] std::string demangled_type(const char* name);

/// How people write `name`; `name` itself if it is not mangled.
[[nodiscard]] std::string demangled(std::string_view name);

}  // namespace larder
