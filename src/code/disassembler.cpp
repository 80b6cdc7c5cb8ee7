// SPDX-License-Identifier: Apache-2.0

// The only file that knows capstone. Its library, 6 MB that slow the start of every program, is
// loaded when the first fingerprint is made; where it is missing, that says so.

#include <string_view>

#include "code/instruction.h"

#if __has_include(<capstone/capstone.h>)

#  include <capstone/capstone.h>
#  include <dlfcn.h>

#  include <algorithm>
#  include <array>
#  include <memory>
#  include <span>

#  include "larder/core/error.h"

namespace larder {
namespace {

struct Capstone {
  decltype(&cs_open) open = nullptr;
  decltype(&cs_close) close = nullptr;
  decltype(&cs_option) option = nullptr;
  decltype(&cs_disasm_iter) step = nullptr;
  decltype(&cs_malloc) make = nullptr;
  decltype(&cs_free) free = nullptr;
  decltype(&cs_version) version = nullptr;
  bool is_usable = false;
};

template <typename Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

Capstone load_capstone() {
  Capstone loaded;
  // Never closed: it is needed as long as the program runs.
  void* const library = ::dlopen("libcapstone.so.4", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return loaded;
  loaded.is_usable =
      find(library, "cs_open", loaded.open) && find(library, "cs_close", loaded.close) &&
      find(library, "cs_option", loaded.option) && find(library, "cs_disasm_iter", loaded.step) &&
      find(library, "cs_malloc", loaded.make) && find(library, "cs_free", loaded.free) &&
      find(library, "cs_version", loaded.version);
  int major = 0;
  int minor = 0;
  if (loaded.is_usable) loaded.version(&major, &minor);
  loaded.is_usable = loaded.is_usable && major == CS_API_MAJOR;
  return loaded;
}

const Capstone& capstone() {
  static const Capstone loaded = load_capstone();
  return loaded;
}

/// Number `i + 1` has the registers of row `i`: parts of one register.
constexpr std::array<std::array<x86_reg, 5>, 17> registers = {{
    {X86_REG_RAX, X86_REG_EAX, X86_REG_AX, X86_REG_AL, X86_REG_AH},
    {X86_REG_RBX, X86_REG_EBX, X86_REG_BX, X86_REG_BL, X86_REG_BH},
    {X86_REG_RCX, X86_REG_ECX, X86_REG_CX, X86_REG_CL, X86_REG_CH},
    {X86_REG_RDX, X86_REG_EDX, X86_REG_DX, X86_REG_DL, X86_REG_DH},
    {X86_REG_RSI, X86_REG_ESI, X86_REG_SI, X86_REG_SIL},
    {X86_REG_RDI, X86_REG_EDI, X86_REG_DI, X86_REG_DIL},
    {X86_REG_RBP, X86_REG_EBP, X86_REG_BP, X86_REG_BPL},
    {X86_REG_RSP, X86_REG_ESP, X86_REG_SP, X86_REG_SPL},
    {X86_REG_R8, X86_REG_R8D, X86_REG_R8W, X86_REG_R8B},
    {X86_REG_R9, X86_REG_R9D, X86_REG_R9W, X86_REG_R9B},
    {X86_REG_R10, X86_REG_R10D, X86_REG_R10W, X86_REG_R10B},
    {X86_REG_R11, X86_REG_R11D, X86_REG_R11W, X86_REG_R11B},
    {X86_REG_R12, X86_REG_R12D, X86_REG_R12W, X86_REG_R12B},
    {X86_REG_R13, X86_REG_R13D, X86_REG_R13W, X86_REG_R13B},
    {X86_REG_R14, X86_REG_R14D, X86_REG_R14W, X86_REG_R14B},
    {X86_REG_R15, X86_REG_R15D, X86_REG_R15W, X86_REG_R15B},
    {X86_REG_RIP, X86_REG_EIP, X86_REG_IP},
}};

std::array<Register, X86_REG_ENDING> number_registers() {
  std::array<Register, X86_REG_ENDING> numbers = {};
  for (std::size_t i = 0; i < registers.size(); ++i) {
    for (const x86_reg part : registers[i]) numbers[part] = static_cast<Register>(i + 1);
  }
  numbers[X86_REG_INVALID] = 0;
  return numbers;
}

Register number_of(x86_reg part) {
  static const std::array<Register, X86_REG_ENDING> numbers = number_registers();
  return numbers[part];
}

bool is_in(const cs_detail& detail, unsigned group) {
  const std::span<const std::uint8_t> groups(detail.groups, detail.groups_count);
  return std::ranges::find(groups, group) != groups.end();
}

std::uint8_t operation_of(const cs_x86& x86) {
  constexpr std::uint8_t two_bytes = 0x0F;
  constexpr std::uint8_t short_jump = 0xEB;
  constexpr std::uint8_t long_jump = 0xE9;
  if (x86.opcode[0] == two_bytes) return (x86.opcode[1] & 0x0FU) | 0x70U;
  return x86.opcode[0] == short_jump ? long_jump : x86.opcode[0];
}

void note_flow(const cs_insn& from, Instruction& to) {
  const cs_detail& detail = *from.detail;
  const cs_x86& x86 = detail.x86;
  const bool is_call = is_in(detail, CS_GRP_CALL);
  // Old versions put loop and jrcxz in no group of their own; all are relative branches.
  const bool is_branch = is_in(detail, CS_GRP_JUMP) || is_in(detail, CS_GRP_BRANCH_RELATIVE);
  if (from.id == X86_INS_NOP || from.id == X86_INS_ENDBR64) to.flow = Flow::none;
  if (is_call) to.flow = Flow::call;
  if (!is_call && is_branch) to.flow = from.id == X86_INS_JMP ? Flow::jump : Flow::branch;
  if (to.flow == Flow::none || to.flow == Flow::next) return;
  to.operation = operation_of(x86);
  if (x86.op_count == 1 && x86.operands[0].type == X86_OP_IMM) {
    to.target = static_cast<std::uint64_t>(x86.operands[0].imm);
  }
}

void note_memory(const cs_insn& from, const cs_x86_op& operand, Instruction& to) {
  const cs_x86_encoding& encoding = from.detail->x86.encoding;
  to.has_memory = true;
  to.is_address_only = from.id == X86_INS_LEA;
  to.is_thread_local = operand.mem.segment == X86_REG_FS;
  to.access_bytes = operand.size;
  to.displacement = operand.mem.disp;
  to.displacement_at = encoding.disp_offset;
  to.displacement_size = encoding.disp_size;
  if (operand.mem.base == X86_REG_RIP) {
    to.data = from.address + from.size + static_cast<std::uint64_t>(operand.mem.disp);
  } else {
    to.base = number_of(operand.mem.base);
    to.index = number_of(operand.mem.index);
  }
}

void note_registers(const cs_insn& from, Instruction& to) {
  const cs_x86& x86 = from.detail->x86;
  if (x86.op_count == 0 || x86.operands[0].type != X86_OP_REG) return;
  const Register first = number_of(x86.operands[0].reg);
  const bool is_compare = from.id == X86_INS_CMP || from.id == X86_INS_TEST;
  if (from.id == X86_INS_CMP && to.immediate) to.compared = first;
  if (from.id == X86_INS_AND && to.immediate) to.masked = first;
  if (!is_compare && (x86.operands[0].access & CS_AC_WRITE) != 0) to.written = first;
  to.is_set = from.id == X86_INS_MOV && x86.operands[1].type == X86_OP_IMM;
  if (x86.op_count >= 2 && x86.operands[1].type == X86_OP_REG) {
    to.source = number_of(x86.operands[1].reg);
    to.is_sum = from.id == X86_INS_ADD || from.id == X86_INS_SUB;
    to.is_copy = from.id == X86_INS_MOV || from.id == X86_INS_MOVSXD || from.id == X86_INS_MOVZX ||
                 from.id == X86_INS_MOVSX;
  }
}

Instruction understand(const cs_insn& from, BytesView bytes) {
  Instruction to;
  to.address = from.address;
  to.bytes = bytes;
  note_flow(from, to);
  if (to.flow == Flow::none) return to;
  const cs_x86& x86 = from.detail->x86;
  for (const cs_x86_op& operand : std::span(x86.operands, x86.op_count)) {
    // Of two places, as string instructions have, the second is what is read.
    if (operand.type == X86_OP_MEM) note_memory(from, operand, to);
    if (operand.type == X86_OP_IMM) {
      to.immediate = operand.imm;
      to.immediate_at = x86.encoding.imm_offset;
      to.immediate_size = x86.encoding.imm_size;
    }
  }
  to.is_compare = from.id == X86_INS_CMP && to.immediate.has_value();
  note_registers(from, to);
  return to;
}

/// One disassembler with room for one instruction; not shared between threads.
class Engine {
 public:
  Engine() {
    if (capstone().open(CS_ARCH_X86, CS_MODE_64, &handle_) != CS_ERR_OK) {
      throw Error(ErrorKind::not_supported, "libcapstone knows no x86-64");
    }
    capstone().option(handle_, CS_OPT_DETAIL, CS_OPT_ON);
    instruction_ = capstone().make(handle_);
    if (instruction_ == nullptr) {
      capstone().close(&handle_);
      throw std::bad_alloc();
    }
  }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine() {
    capstone().free(instruction_, 1);
    capstone().close(&handle_);
  }

  /// The next instruction, or nullptr.
  const cs_insn* step(const std::uint8_t** code, std::size_t* size, std::uint64_t* address) {
    return capstone().step(handle_, code, size, address, instruction_) ? instruction_ : nullptr;
  }

 private:
  csh handle_ = 0;
  cs_insn* instruction_ = nullptr;
};

}  // namespace

std::string_view why_no_disassembler() {
  return capstone().is_usable ? "" : "libcapstone.so.4 is not installed";
}

Disassembly disassemble(BytesView code, std::uint64_t address) {
  static thread_local Engine engine;
  Disassembly result;
  const auto* at = reinterpret_cast<const std::uint8_t*>(code.data());
  std::size_t left = code.size();
  while (left > 0) {
    const std::size_t offset = code.size() - left;
    const cs_insn* const instruction = engine.step(&at, &left, &address);
    if (instruction == nullptr) {
      result.unknown_at = address;
      return result;
    }
    result.instructions.push_back(
        understand(*instruction, code.subspan(offset, instruction->size)));
  }
  return result;
}

}  // namespace larder

#else

namespace larder {

std::string_view why_no_disassembler() { return "this larder was built without libcapstone"; }

Disassembly disassemble(BytesView, std::uint64_t address) {
  return {.instructions = {}, .unknown_at = address};
}

}  // namespace larder

#endif
