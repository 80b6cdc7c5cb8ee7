// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "code/elf_file.h"
#include "code/elf_symbols.h"
#include "code/frame_table.h"
#include "larder/core/io.h"
#include "larder/key/digest.h"

namespace larder {

/// A program or shared library, and what can be found in it.
class Binary {
 public:
  /// @throws Error `corrupt`, `not_supported`, or what opening it fails with
  explicit Binary(std::unique_ptr<ElfSource> source);
  Binary(Io& io, const std::filesystem::path& path);

  [[nodiscard]] const ElfFile& file() const noexcept { return file_; }
  [[nodiscard]] const ElfSymbols& symbols() const noexcept { return symbols_; }
  [[nodiscard]] const FrameTable& frames() const noexcept { return frames_; }

  /// Why the code of its functions cannot be compared between builds, or empty if it can.
  [[nodiscard]] std::string_view why_not_comparable() const;

  /// What stands for all of it: the build-id, or the digest of all that is loaded if it has none.
  [[nodiscard]] Digest128 identity() const;

  /// The extent around `address`: from the tables for unwinding, or from the symbol that begins
  /// there. Its size is 0 if nobody knows.
  [[nodiscard]] CodeExtent extent_at(std::uint64_t address) const;

  /// The name of the function that begins at `address`, without what compilers append to copies;
  /// empty if it has none.
  [[nodiscard]] std::string_view function_name(std::uint64_t address) const;

  /// How many bytes of thread-local data lie below the thread pointer.
  [[nodiscard]] std::uint64_t thread_local_bytes() const noexcept;

 private:
  ElfFile file_;
  ElfSymbols symbols_;
  FrameTable frames_;
};

/// The functions of `binary` that people would call `name`: the mangled name; else the whole name
/// as written in C++, else that without parameters, else the end of it behind `::`. Without copies
/// and parts. By name.
[[nodiscard]] std::vector<const ElfSymbol*> find_functions(const Binary& binary,
                                                           std::string_view name);

/// `"ns::f"` of `"int ns::f<int>(int)"`.
[[nodiscard]] std::string_view bare_function_name(std::string_view demangled);

}  // namespace larder
