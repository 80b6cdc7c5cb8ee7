// SPDX-License-Identifier: Apache-2.0
#include "code/elf_file.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>
#include <utility>

#include "code/byte_cursor.h"

namespace larder {
namespace {

Elf64_Ehdr read_header(ElfSource& source) {
  const std::uint64_t length = std::min<std::uint64_t>(source.size(), sizeof(Elf64_Ehdr));
  const BytesView magic = length < EI_NIDENT ? BytesView() : source.read(0, length);
  if (magic.empty() || std::memcmp(magic.data(), ELFMAG, SELFMAG) != 0) {
    throw Error(ErrorKind::corrupt, "this is no ELF file: it does not begin like one");
  }
  const auto at = [&](std::size_t i) { return std::to_integer<unsigned>(magic[i]); };
  if (at(EI_CLASS) != ELFCLASS64 || at(EI_DATA) != ELFDATA2LSB ||
      std::endian::native != std::endian::little) {
    throw Error(ErrorKind::not_supported, "only 64-bit little-endian ELF files can be read");
  }
  if (source.size() < sizeof(Elf64_Ehdr)) throw damaged_elf("its header is cut off");
  return load_at<Elf64_Ehdr>(source.read(0, sizeof(Elf64_Ehdr)), 0);
}

}  // namespace

ElfFile::ElfFile(std::unique_ptr<ElfSource> source) : source_(std::move(source)) {
  header_ = read_header(*source_);
  read_segments();
  read_sections();
}

void ElfFile::read_segments() {
  if (header_.e_phnum == 0) return;
  if (header_.e_phentsize != sizeof(Elf64_Phdr)) throw damaged_elf("segments of a strange size");
  const BytesView table =
      source_->read(header_.e_phoff, std::uint64_t{header_.e_phnum} * sizeof(Elf64_Phdr));
  for (std::uint64_t i = 0; i < header_.e_phnum; ++i) {
    segments_.push_back(load_at<Elf64_Phdr>(table, i * sizeof(Elf64_Phdr)));
  }
}

void ElfFile::read_sections() {
  if (header_.e_shoff == 0 || header_.e_shnum == 0) return;
  if (header_.e_shentsize != sizeof(Elf64_Shdr)) throw damaged_elf("sections of a strange size");
  const BytesView table =
      source_->read(header_.e_shoff, std::uint64_t{header_.e_shnum} * sizeof(Elf64_Shdr));
  for (std::uint64_t i = 0; i < header_.e_shnum; ++i) {
    const auto header = load_at<Elf64_Shdr>(table, i * sizeof(Elf64_Shdr));
    if (header.sh_addr + header.sh_size < header.sh_addr)
      throw damaged_elf("a section is too long");
    sections_.push_back({.name = {}, .header = header});
  }
  if (header_.e_shstrndx >= sections_.size()) throw damaged_elf("its sections have no names");
  const BytesView names = bytes_of(sections_[header_.e_shstrndx]);
  for (std::uint32_t i = 0; i < sections_.size(); ++i) {
    ElfSection& section = sections_[i];
    section.name = name_in(names, section.header.sh_name);
    const bool has_address = section.is_loaded() && (section.header.sh_flags & SHF_TLS) == 0;
    if (has_address && section.header.sh_size > 0) by_address_.push_back(i);
  }
  std::ranges::sort(by_address_, {}, [&](std::uint32_t i) { return sections_[i].header.sh_addr; });
}

const ElfSection* ElfFile::section(std::string_view name) const noexcept {
  const auto found = std::ranges::find(sections_, name, &ElfSection::name);
  return found == sections_.end() ? nullptr : &*found;
}

const ElfSection* ElfFile::section_of_type(std::uint32_t type) const noexcept {
  const auto found =
      std::ranges::find(sections_, type, [](const ElfSection& s) { return s.header.sh_type; });
  return found == sections_.end() ? nullptr : &*found;
}

const ElfSection* ElfFile::section_at(std::uint64_t address) const noexcept {
  const auto start_of = [&](std::uint32_t i) { return sections_[i].header.sh_addr; };
  const auto after = std::ranges::upper_bound(by_address_, address, {}, start_of);
  if (after == by_address_.begin()) return nullptr;
  const ElfSection& section = sections_[*(after - 1)];
  return section.contains(address) ? &section : nullptr;
}

BytesView ElfFile::bytes_of(const ElfSection& section) const {
  if (section.header.sh_type == SHT_NOBITS || section.header.sh_type == SHT_NULL) return {};
  return source_->read(section.header.sh_offset, section.header.sh_size);
}

BytesView ElfFile::content(std::uint64_t address, std::uint64_t size) const {
  const ElfSection* const section = section_at(address);
  if (section == nullptr) return {};
  const BytesView bytes = bytes_of(*section);
  const std::uint64_t offset = address - section->header.sh_addr;
  if (offset >= bytes.size()) return {};
  return bytes.subspan(offset, std::min<std::uint64_t>(size, bytes.size() - offset));
}

std::uint64_t ElfFile::word_at(std::uint64_t address) const {
  const BytesView bytes = content(address, sizeof(std::uint64_t));
  return bytes.size() < sizeof(std::uint64_t) ? 0 : load_at<std::uint64_t>(bytes, 0);
}

bool ElfFile::is_constant(std::uint64_t address) const noexcept {
  const ElfSection* const section = section_at(address);
  if (section == nullptr) return false;
  if (!section->is_writable()) return true;
  return std::ranges::any_of(segments_, [&](const Elf64_Phdr& segment) {
    return segment.p_type == PT_GNU_RELRO && address - segment.p_vaddr < segment.p_memsz;
  });
}

std::optional<BytesView> ElfFile::build_id() const {
  const ElfSection* const section = this->section(".note.gnu.build-id");
  if (section == nullptr) return std::nullopt;
  const BytesView note = bytes_of(*section);
  const auto header = load_at<Elf64_Nhdr>(note, 0);
  const std::uint64_t start = sizeof header + ((std::uint64_t{header.n_namesz} + 3) & ~3ULL);
  if (start > note.size() || header.n_descsz > note.size() - start) {
    throw damaged_elf("its build-id is cut off");
  }
  return note.subspan(start, header.n_descsz);
}

}  // namespace larder
