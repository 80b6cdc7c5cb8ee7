// SPDX-License-Identifier: Apache-2.0
#include "code/binary.h"

#include <algorithm>
#include <array>
#include <utility>

#include "code/byte_cursor.h"

namespace larder {

Binary::Binary(std::unique_ptr<ElfSource> source)
    : file_(std::move(source)), symbols_(file_), frames_(file_) {}

Binary::Binary(Io& io, const std::filesystem::path& path)
    : Binary(std::make_unique<FileElfSource>(io, path)) {}

std::string_view Binary::why_not_comparable() const {
  if (file_.header().e_machine != EM_X86_64) return "it is not for x86-64";
  if (file_.header().e_type != ET_DYN) {
    return "it is not position-independent (PIE): its code contains addresses";
  }
  if (!symbols_.is_complete()) return "it is stripped: its functions and tables have no names";
  return {};
}

Digest128 Binary::identity() const {
  if (const auto id = file_.build_id()) return digest(*id);
  Bytes all;
  for (const ElfSection& section : file_.sections()) {
    if (section.is_loaded()) append(all, file_.bytes_of(section));
  }
  return digest(all);
}

CodeExtent Binary::extent_at(std::uint64_t address) const {
  if (const CodeExtent* const known = frames_.around(address)) return *known;
  CodeExtent extent = {.start = address, .size = 0, .exceptions = std::nullopt};
  if (const ElfSymbol* const symbol = symbols_.function_at(address)) extent.size = symbol->size;
  return extent;
}

std::string_view Binary::function_name(std::uint64_t address) const {
  const ElfSymbol* const symbol = symbols_.function_at(address);
  return symbol == nullptr ? std::string_view() : plain_name(symbol->name);
}

std::uint64_t Binary::thread_local_bytes() const noexcept {
  for (const Elf64_Phdr& segment : file_.segments()) {
    if (segment.p_type != PT_TLS) continue;
    const std::uint64_t align = std::max<std::uint64_t>(segment.p_align, 1);
    return (segment.p_memsz + align - 1) / align * align;
  }
  return 0;
}

namespace {

/// Where the name goes on behind the parameters that begin at `open`, if it does: they belong to a
/// function around this one.
std::size_t behind_parameters(std::string_view name, std::size_t open) {
  int depth = 0;
  std::size_t at = open;
  do {
    depth += name[at] == '(' ? 1 : name[at] == ')' ? -1 : 0;
    ++at;
  } while (depth > 0 && at < name.size());
  const std::size_t next = name.find("::", at);
  const std::string_view between =
      name.substr(at, next == std::string_view::npos ? next : next - at);
  return next != std::string_view::npos && (between.empty() || between == " const")
             ? next
             : std::string_view::npos;
}

/// `name` without the arguments of a template and labels of the library, which nobody writes.
std::string_view without_arguments(std::string_view name) {
  name = name.substr(0, name.find("[abi:"));
  return name.ends_with('>') ? name.substr(0, name.find('<')) : name;
}

}  // namespace

std::string_view bare_function_name(std::string_view demangled) {
  constexpr std::string_view unnamed = "(anonymous namespace)";
  constexpr std::string_view operator_word = "operator";
  std::size_t start = 0;
  int depth = 0;
  for (std::size_t i = 0; i < demangled.size(); ++i) {
    const std::string_view rest = demangled.substr(i);
    const bool is_word = i == 0 || demangled[i - 1] == ':' || demangled[i - 1] == ' ';
    if (depth == 0 && is_word && rest.starts_with(operator_word)) {
      const std::size_t end = rest.find('(', rest.starts_with("operator()") ? 10 : 8);
      return demangled.substr(start, end == std::string_view::npos ? end : i + end - start);
    }
    if (rest.starts_with(unnamed)) {
      i += unnamed.size() - 1;
    } else if (rest[0] == '<' || rest[0] == '{') {
      ++depth;
    } else if (rest[0] == '>' || rest[0] == '}') {
      --depth;
    } else if (depth == 0 && rest[0] == ' ') {
      start = i + 1;
    } else if (depth == 0 && rest[0] == '(' && i > start) {
      const std::size_t more = behind_parameters(demangled, i);
      if (more == std::string_view::npos)
        return without_arguments(demangled.substr(start, i - start));
      i = more - 1;
    }
  }
  return without_arguments(demangled.substr(start));
}

namespace {

/// How well a name fits, 0 best; `no_fit` if it does not.
constexpr std::size_t no_fit = 4;

std::size_t fit(std::string_view mangled, std::string_view wanted) {
  if (mangled == wanted) return 0;
  const std::string whole = demangled(mangled);
  if (whole == wanted) return 1;
  const std::string_view bare = bare_function_name(whole);
  if (bare == wanted) return 2;
  const bool is_end = bare.ends_with(wanted) && bare.size() > wanted.size() + 2 &&
                      bare.substr(0, bare.size() - wanted.size()).ends_with("::");
  return is_end ? 3 : no_fit;
}

}  // namespace

std::vector<const ElfSymbol*> find_functions(const Binary& binary, std::string_view name) {
  std::array<std::vector<const ElfSymbol*>, no_fit> found;
  std::uint64_t last = 0;
  for (const ElfSymbol& symbol : binary.symbols().all()) {
    if (!symbol.is_function() || plain_name(symbol.name) != symbol.name) continue;
    const std::size_t how = fit(symbol.name, name);
    if (how == no_fit) continue;
    // Several names of one function, as constructors have, are one.
    if (!found[how].empty() && symbol.address == last) continue;
    found[how].push_back(&symbol);
    last = symbol.address;
  }
  for (auto& fitting : found) {
    if (!fitting.empty()) return std::move(fitting);
  }
  return {};
}

}  // namespace larder
