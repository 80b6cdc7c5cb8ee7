// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <elf.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "code/elf_source.h"
#include "larder/core/bytes.h"

namespace larder {

/// A section of a binary.
struct ElfSection {
  std::string_view name;
  Elf64_Shdr header = {};

  [[nodiscard]] bool is_loaded() const noexcept { return (header.sh_flags & SHF_ALLOC) != 0; }
  [[nodiscard]] bool is_code() const noexcept { return (header.sh_flags & SHF_EXECINSTR) != 0; }
  [[nodiscard]] bool is_writable() const noexcept { return (header.sh_flags & SHF_WRITE) != 0; }
  [[nodiscard]] bool contains(std::uint64_t address) const noexcept {
    return address - header.sh_addr < header.sh_size;
  }
};

/// Headers, sections and loaded bytes of an ELF file: 64 bits, little endian. Addresses are those
/// of the file, as if it were loaded at 0. Whatever the bytes are, reading ends, in bounded memory,
/// with an object that contradicts nothing or with an `Error` `corrupt`.
class ElfFile {
 public:
  /// Takes over `source`.
  /// @throws Error `corrupt`, and `not_supported` for ELF files of other kinds
  explicit ElfFile(std::unique_ptr<ElfSource> source);

  [[nodiscard]] const Elf64_Ehdr& header() const noexcept { return header_; }
  [[nodiscard]] const std::vector<Elf64_Phdr>& segments() const noexcept { return segments_; }
  [[nodiscard]] const std::vector<ElfSection>& sections() const noexcept { return sections_; }

  /// The first section of that name or type, or nullptr.
  [[nodiscard]] const ElfSection* section(std::string_view name) const noexcept;
  [[nodiscard]] const ElfSection* section_of_type(std::uint32_t type) const noexcept;
  /// The loaded section that holds `address`, or nullptr. Thread-local sections have no address.
  [[nodiscard]] const ElfSection* section_at(std::uint64_t address) const noexcept;

  /// The bytes of `section` in the file; none if it has none.
  [[nodiscard]] BytesView bytes_of(const ElfSection& section) const;
  /// The bytes from `address` to the end of its section, `size` at most; none where the file has
  /// none.
  [[nodiscard]] BytesView content(std::uint64_t address, std::uint64_t size) const;
  /// The 8 bytes at `address` as a number, or 0 where the file has none.
  [[nodiscard]] std::uint64_t word_at(std::uint64_t address) const;

  /// Whether `address` never changes once the program runs: not writable, or made read-only when
  /// all addresses in it are known.
  [[nodiscard]] bool is_constant(std::uint64_t address) const noexcept;

  /// The GNU build-id, or nothing.
  [[nodiscard]] std::optional<BytesView> build_id() const;

 private:
  void read_segments();
  void read_sections();

  std::unique_ptr<ElfSource> source_;
  Elf64_Ehdr header_ = {};
  std::vector<Elf64_Phdr> segments_;
  std::vector<ElfSection> sections_;
  std::vector<std::uint32_t> by_address_;  // loaded sections
};

}  // namespace larder
