// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "code/instruction.h"

namespace larder {

/// What a function does with an address that it computes: this tells the length of constants that
/// have no name.
struct TableUse {
  bool is_indexed = false;               ///< Elements are picked out of it.
  std::uint64_t element_bytes = 0;       ///< How long one is; 0 if unknown.
  std::optional<std::uint64_t> entries;  ///< How many can be picked, if the code checks that.
  std::uint64_t tail_bytes = 0;          ///< Copied behind the last of these, singly.
  bool is_relative = false;              ///< The elements are distances from its beginning.
  /// A call that gets it as the second argument, and `entries` as the third.
  std::optional<std::uint64_t> callee;
};

/// Looks at what happens to the address that instruction `at` computes.
[[nodiscard]] TableUse find_table_use(std::span<const Instruction> code, std::size_t at);

/// How many cases the `switch` has whose table instruction `at` takes the address of, if the code
/// before it tells.
[[nodiscard]] std::optional<std::uint64_t> switch_entries(std::span<const Instruction> code,
                                                          std::size_t at);

}  // namespace larder
