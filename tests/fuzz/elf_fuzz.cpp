// SPDX-License-Identifier: Apache-2.0

// Any bytes are read like a binary: headers, symbols, relocations, frames and the tables of
// exceptions, and a few functions with all that they lead to. It ends with an object or with an
// error, within memory that the input justifies.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string_view>

#include "code/binary.h"
#include "code/code_graph.h"
#include "code/elf_file.h"
#include "code/elf_source.h"
#include "code/elf_symbols.h"
#include "code/frame_table.h"
#include "code/instruction.h"
#include "larder/core/error.h"

namespace larder {
namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void read_frames(const ElfFile& file) {
  const FrameTable frames(file);
  for (const CodeExtent& extent : frames.all()) {
    require(extent.size == 0 || frames.around(extent.start) != nullptr);
    if (!extent.exceptions) continue;
    try {
      const ExceptionTable table = read_exceptions(file, *extent.exceptions, extent.start);
      require(table.ranges.size() <= 4096);
    } catch (const Error& error) {
      require(error.kind() == ErrorKind::corrupt);
    }
  }
}

void read_symbols(const ElfFile& file) {
  const ElfSymbols symbols(file);
  for (const ElfSymbol& symbol : symbols.all()) {
    if (symbol.is_function()) require(symbols.function_at(symbol.address) != nullptr);
    static_cast<void>(symbols.object_around(symbol.address));
    static_cast<void>(symbols.relocation_at(symbol.address));
    require(symbols.next_object(symbol.address) >= symbol.address);
    require(plain_name(symbol.name).size() <= symbol.name.size());
    require(file.content(symbol.address, 16).size() <= 16);
    static_cast<void>(file.is_constant(symbol.address));
  }
}

void read_code(BytesView bytes) {
  if (!why_no_disassembler().empty()) return;
  const Binary binary(std::make_unique<MemoryElfSource>(bytes));
  int left = 4;
  for (const ElfSymbol& symbol : binary.symbols().all()) {
    if (!symbol.is_function() || --left < 0) continue;
    try {
      const CodeGraph graph =
          build_graph(binary, symbol.address, [](std::string_view, bool) { return true; });
      require(graph.whole_digest() == graph.whole_digest());
      for (const CodePart& part : graph.parts) static_cast<void>(graph.own_digest(part));
    } catch (const Error& error) {
      require(error.kind() == ErrorKind::corrupt || error.kind() == ErrorKind::not_supported);
    }
  }
}

void read_binary(BytesView bytes) {
  const ElfFile file(std::make_unique<MemoryElfSource>(bytes));
  static_cast<void>(file.build_id());
  read_symbols(file);
  read_frames(file);
  read_code(bytes);
}

}  // namespace
}  // namespace larder

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    larder::read_binary(std::as_bytes(std::span(data, size)));
  } catch (const larder::Error& error) {
    larder::require(error.kind() == larder::ErrorKind::corrupt ||
                    error.kind() == larder::ErrorKind::not_supported);
  }
  return 0;
}
