// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "code/elf_file.h"

namespace larder {

/// A stretch of code that belongs together: a function, or the part of one that is rarely run.
struct CodeExtent {
  std::uint64_t start = 0;
  std::uint64_t size = 0;
  /// Where its table of exceptions is, if it has one.
  std::optional<std::uint64_t> exceptions;

  [[nodiscard]] bool contains(std::uint64_t address) const noexcept {
    return address - start < size;
  }
};

/// The extents of all functions, as the tables for unwinding (`.eh_frame`) tell: those are there
/// also for functions without a name.
class FrameTable {
 public:
  /// @throws Error `corrupt`
  explicit FrameTable(const ElfFile& file);

  [[nodiscard]] std::span<const CodeExtent> all() const noexcept { return extents_; }
  /// The extent that holds `address`, or nullptr.
  [[nodiscard]] const CodeExtent* around(std::uint64_t address) const noexcept;

 private:
  std::vector<CodeExtent> extents_;
};

/// What an exception does in one stretch of a function.
struct ExceptionRange {
  std::uint64_t start = 0;  ///< Where it begins, an address.
  std::uint64_t end = 0;
  std::uint64_t landing_pad = 0;  ///< Where the program goes on; 0 if nowhere.
  /// What is caught or cleaned up, in order: an index into the types (> 0), a clean-up (0), or an
  /// exception specification (< 0).
  std::vector<std::int64_t> actions;
};

/// The table of exceptions of a function (its "LSDA").
struct ExceptionTable {
  std::vector<ExceptionRange> ranges;
  /// Where the addresses of the types that `actions` name are found; nothing for `catch (...)`.
  /// Index 1 is the first.
  std::vector<std::optional<std::uint64_t>> types;
  bool is_indirect = false;  ///< The types are the addresses of words that hold their addresses.
};

/// Reads the table at `address`, of the function that begins at `start`.
/// @throws Error `corrupt`
[[nodiscard]] ExceptionTable read_exceptions(const ElfFile& file, std::uint64_t address,
                                             std::uint64_t start);

}  // namespace larder
