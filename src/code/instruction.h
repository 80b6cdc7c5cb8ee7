// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "larder/core/bytes.h"

namespace larder {

/// How the program goes on after an instruction.
enum class Flow : std::uint8_t {
  none,    ///< Does nothing: it is there to align what follows, or to mark where calls may arrive.
  next,    ///< The next instruction.
  call,    ///< A call.
  jump,    ///< Always elsewhere.
  branch,  ///< Perhaps elsewhere.
};

/// A register of the machine, whatever part of it is used; 0 is none.
using Register = std::uint8_t;
constexpr Register register_cx = 3;
constexpr Register register_dx = 4;
constexpr Register register_si = 5;

/// What larder wants to know about an instruction for x86-64.
struct Instruction {
  std::uint64_t address = 0;
  BytesView bytes;
  Flow flow = Flow::next;
  /// Of calls, jumps and branches: the operation, the same for the short and the long form.
  std::uint8_t operation = 0;
  std::optional<std::uint64_t> target;  ///< Where it leads, if that is written in the instruction.

  bool has_memory = false;            ///< It names a place in memory:
  bool is_address_only = false;       ///< the address is computed, memory not touched;
  std::optional<std::uint64_t> data;  ///< it is this address, counted from the instruction;
  bool is_thread_local = false;       ///< it is counted from the thread's own data;
  Register base = 0;
  Register index = 0;
  std::uint8_t access_bytes = 0;
  std::int64_t displacement = 0;
  std::uint8_t displacement_at = 0;  ///< where in `bytes` that is written
  std::uint8_t displacement_size = 0;

  std::optional<std::int64_t> immediate;
  std::uint8_t immediate_at = 0;
  std::uint8_t immediate_size = 0;

  Register written = 0;   ///< The register that it changes, its first operand.
  Register source = 0;    ///< The register that is its second operand.
  bool is_copy = false;   ///< `written` becomes `source`, perhaps extended.
  bool is_sum = false;    ///< `source` is added to `written` or taken from it.
  bool is_set = false;    ///< `written` becomes `immediate`.
  Register compared = 0;  ///< The register that is compared with `immediate`.
  bool is_compare = false;
  Register masked = 0;  ///< The register of which only the bits of `immediate` are left.
};

/// Instructions up to the first that nobody knows.
struct Disassembly {
  std::vector<Instruction> instructions;
  std::optional<std::uint64_t> unknown_at;
};

/// Why machine code cannot be read here, or empty if it can. Thread-safe.
[[nodiscard]] std::string_view why_no_disassembler();

/// The instructions of `code`, which lies at `address`. They look at `code`. Thread-safe.
[[nodiscard]] Disassembly disassemble(BytesView code, std::uint64_t address);

}  // namespace larder
