// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "code/code_graph.h"
#include "code/instruction.h"
#include "code/listing.h"

namespace larder {

/// Finds the parts of a graph and writes their texts, one after the other.
class GraphBuilder {
 public:
  GraphBuilder(const Binary& binary, const FollowRule& follows)
      : binary_(binary), follows_(follows) {}

  CodeGraph build(std::uint64_t address);

 private:
  /// A function while it is read.
  struct Function {
    CodePart part;
    std::vector<Instruction> code;      // without those that do nothing
    std::set<std::uint64_t> addresses;  // of data, in order: nothing reaches beyond the next
    bool jumps_anywhere = false;
    bool uses_thread_pointer = false;  // thread-local data are counted from there,
    bool uses_thread_block = false;    // or from their beginning
    bool has_table_of_cases = false;
    Listing listing;
  };

  // Code: graph_builder.cpp
  void read_code(std::size_t index);
  void note_addresses(Function& function) const;
  [[nodiscard]] bool is_in_thread_block(std::int64_t distance, std::uint8_t size) const;
  [[nodiscard]] bool is_thread_block(std::uint64_t slot) const;
  void write_instruction(Function& function, std::size_t at);
  void write_branch(Function& function, const Instruction& instruction);
  void write_exceptions(Function& function, const CodeExtent& extent);
  bool write_thread_local(Function& function, std::int64_t displacement, std::uint8_t size);
  std::uint32_t code_part(const CodeExtent& extent);
  std::uint32_t constant_part(const ElfSymbol& object);
  std::uint32_t nameless_part(std::uint64_t address, std::uint64_t size);
  std::uint32_t add_part(CodePart part);

  // What addresses mean: references.cpp
  void refer_code(Listing& listing, std::uint64_t address);
  void refer_slot(Listing& listing, std::uint64_t slot);
  void refer_address(Listing& listing, std::uint64_t address);
  void refer_name(Listing& listing, std::string_view name, std::uint64_t offset);
  void refer_thread_local(Listing& listing, std::uint64_t offset);
  void refer_object(Listing& listing, const ElfSymbol& object, std::uint64_t address);
  void refer_nameless(Listing& listing, const ElfSection& section, std::uint64_t address);
  [[nodiscard]] std::optional<std::uint64_t> slot_of_stub(std::uint64_t address) const;

  // Constants: constants.cpp
  void refer_data(Function& function, std::size_t at);
  void write_literal(Function& function, std::size_t at, std::uint64_t address);
  bool write_cases(Function& function, std::size_t at, std::uint64_t table);
  bool write_text(Listing& listing, std::uint64_t address, bool is_bytewise) const;
  void write_content(Listing& listing, std::uint64_t address, std::uint64_t size);
  void write_distances(Listing& listing, std::uint64_t table, std::uint64_t size);
  [[nodiscard]] bool copies_memory(std::uint64_t function) const;
  [[nodiscard]] std::uint64_t region_size(const Function& function, std::uint64_t address) const;
  [[nodiscard]] bool is_case(const Function& function, std::uint64_t address) const;
  void read_constant(std::size_t index);

  /// Of data that nobody knows the end of.
  static constexpr std::uint64_t longest_region = 4096;

  const Binary& binary_;
  const FollowRule& follows_;
  CodeGraph graph_;
  std::unordered_map<std::uint64_t, std::uint32_t> numbers_;  // of parts, by where they begin
  std::string_view root_name_;
  std::uint64_t text_bytes_ = 0;
};

}  // namespace larder
