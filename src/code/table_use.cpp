// SPDX-License-Identifier: Apache-2.0
#include "code/table_use.h"

#include <algorithm>

namespace larder {
namespace {

constexpr std::size_t far_enough = 64;  // instructions after which nobody looks for a use

std::optional<std::uint64_t> positive(std::int64_t value) {
  if (value < 0) return std::nullopt;
  return static_cast<std::uint64_t>(value) + 1;
}

/// The number that instruction `at` puts into a register, if it does: by itself or from the stack.
std::optional<std::uint64_t> number_set(std::span<const Instruction> code, std::size_t at) {
  constexpr std::byte push_byte{0x6A};
  constexpr std::byte push_word{0x68};
  const Instruction* from = &code[at];
  const bool is_pop = (from->bytes[0] & std::byte{0xF8}) == std::byte{0x58};
  if (!from->is_set) {
    if (!is_pop || at == 0) return std::nullopt;
    from = &code[at - 1];
    if (from->bytes[0] != push_byte && from->bytes[0] != push_word) return std::nullopt;
  }
  if (!from->immediate || *from->immediate < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*from->immediate);
}

/// The number that `wanted` has at instruction `at`, if it is set shortly before.
std::optional<std::uint64_t> number_in(std::span<const Instruction> code, std::size_t at,
                                       Register wanted) {
  const std::size_t first = at < far_enough ? 0 : at - far_enough;
  for (std::size_t i = at; i-- > first;) {
    if (code[i].flow != Flow::next) return std::nullopt;
    if (code[i].written == wanted) return number_set(code, i);
  }
  return std::nullopt;
}

/// Whether the element that instruction `at` loads is added to where the table is.
bool is_distance(std::span<const Instruction> code, std::size_t at, Register table) {
  constexpr std::size_t soon = 8;
  const Register element = code[at].written;
  for (std::size_t i = at + 1; i < std::min(code.size(), at + soon); ++i) {
    const Instruction& next = code[i];
    if (next.is_sum && ((next.written == element && next.source == table) ||
                        (next.written == table && next.source == element))) {
      return true;
    }
    if (next.has_memory && ((next.base == element && next.index == table) ||
                            (next.base == table && next.index == element))) {
      return true;
    }
    if (next.written == element || next.written == table) return false;
  }
  return false;
}

/// How many values pass the comparison with a number at `at`, of those that are not negative.
std::optional<std::uint64_t> passing(std::span<const Instruction> code, std::size_t at) {
  constexpr std::uint8_t jump_if_below = 0x72;
  constexpr std::uint8_t jump_if_not_below = 0x73;
  const auto up_to = positive(*code[at].immediate);
  if (!up_to || at + 1 == code.size() || code[at + 1].flow != Flow::branch) return up_to;
  const std::uint8_t operation = code[at + 1].operation;
  const bool is_below = operation == jump_if_below || operation == jump_if_not_below;
  return is_below ? *up_to - 1 : *up_to;
}

/// How many values `index` can have before instruction `at`, if a comparison or a mask says so.
std::optional<std::uint64_t> entries_of(std::span<const Instruction> code, std::size_t at,
                                        Register index) {
  const std::size_t first = at < far_enough ? 0 : at - far_enough;
  for (std::size_t i = at; i-- > first;) {
    const Instruction& instruction = code[i];
    if (instruction.flow == Flow::call) return std::nullopt;
    if (instruction.compared == index) return passing(code, i);
    if (instruction.masked == index) return positive(*instruction.immediate);
    if (instruction.written != index) continue;
    if (!instruction.is_copy) return std::nullopt;
    index = instruction.source;
  }
  return std::nullopt;
}

/// Whether it is `movs`, of an element of any length.
bool moves_element(const Instruction& instruction) {
  return (instruction.bytes.back() & std::byte{0xFE}) == std::byte{0xA4};
}

/// Whether it is `rep movs`.
bool is_string_move(const Instruction& instruction) {
  constexpr std::byte repeat{0xF3};
  return instruction.bytes[0] == repeat && moves_element(instruction);
}

/// How many bytes behind those of the `rep movs` at `at` are read next: what is left of a table
/// whose length is no multiple of eight.
std::uint64_t tail_of(std::span<const Instruction> code, std::size_t at) {
  constexpr std::size_t nearby = 16;
  Register place = register_si;  // is `passed` bytes behind the end
  std::uint64_t passed = 0;
  std::uint64_t tail = 0;
  for (std::size_t i = at + 1; i < std::min(code.size(), at + nearby); ++i) {
    const Instruction& next = code[i];
    if (next.flow != Flow::next) break;
    if (moves_element(next) && next.bytes.size() <= 2) {
      passed += next.access_bytes;
      tail = std::max(tail, passed);
    } else if (next.has_memory && next.base == place && next.displacement >= 0) {
      const std::uint64_t reached = passed + static_cast<std::uint64_t>(next.displacement);
      if (next.is_address_only && next.written == place) passed = reached;
      if (!next.is_address_only) tail = std::max(tail, reached + next.access_bytes);
    } else if (next.is_copy && next.source == place) {
      place = next.written;
    } else if (next.written == place) {
      break;
    }
  }
  return tail;
}

}  // namespace

TableUse find_table_use(std::span<const Instruction> code, std::size_t at) {
  TableUse use;
  Register table = code[at].written;
  if (table == 0) return use;
  const std::size_t last = std::min(code.size(), at + far_enough);
  for (std::size_t i = at + 1; i < last; ++i) {
    const Instruction& next = code[i];
    if (next.flow == Flow::call) {
      if (table == register_si) {
        use.callee = next.target;
        use.entries = number_in(code, i, register_dx);
      }
      return use;
    }
    const bool is_base = next.base == table;
    if (next.has_memory && (is_base || next.index == table)) {
      use.is_indexed = true;
      if (next.is_address_only) return use;
      use.element_bytes = next.access_bytes;
      const Register index = is_base ? next.index : next.base;
      if (index != 0) use.entries = entries_of(code, i, index);
      if (index == 0 && is_string_move(next)) {
        use.entries = number_in(code, i, register_cx);
        use.tail_bytes = tail_of(code, i);
      }
      use.is_relative = use.element_bytes == 4 && is_distance(code, i, table);
      return use;
    }
    if (next.written == 0) continue;
    if (next.source == table && next.is_sum) {
      use.is_indexed = true;
      return use;
    }
    if (next.written == table) return use;
    // The source of a `rep movs`, which not every compiler computes where it is wanted.
    if (next.is_copy && next.source == table && next.written == register_si) table = register_si;
  }
  return use;
}

std::optional<std::uint64_t> switch_entries(std::span<const Instruction> code, std::size_t at) {
  constexpr std::size_t nearby = 16;
  const auto jumps_soon = [&] {
    for (std::size_t i = at; i < std::min(code.size(), at + nearby); ++i) {
      if (code[i].flow == Flow::jump) return !code[i].target.has_value();
    }
    return false;
  };
  if (!jumps_soon()) return std::nullopt;
  for (std::size_t i = at; i-- > (at < nearby ? 0 : at - nearby);) {
    if (code[i].is_compare && code[i + 1].flow == Flow::branch) {
      return positive(*code[i].immediate);
    }
    if (code[i].flow == Flow::jump) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace larder
