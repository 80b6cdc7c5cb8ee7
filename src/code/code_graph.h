// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "code/binary.h"
#include "larder/core/bytes.h"
#include "larder/key/digest.h"

namespace larder {

/// A place in another part, written where its address was.
struct CodeReference {
  std::size_t position = 0;   ///< Where in the text of the part that refers.
  std::uint32_t part = 0;     ///< The part that is meant,
  std::uint64_t address = 0;  ///< and where in it.
};

/// A function, a piece of one, or a constant, as a text that does not depend on where anything is.
struct CodePart {
  bool is_code = false;
  std::uint64_t start = 0;
  std::uint64_t size = 0;
  std::string_view symbol;  ///< Its mangled name, perhaps empty.
  Bytes text;
  std::vector<CodeReference> references;  ///< By position.
  std::vector<std::uint64_t> places;      ///< Where the instructions that count begin.
  std::size_t indirect_calls = 0;         ///< Calls of what nobody knows before the program runs.

  /// What stands for `address` in this part, wherever it is loaded: the number of the instruction,
  /// or the offset.
  [[nodiscard]] std::uint64_t place_of(std::uint64_t address) const;

  [[nodiscard]] bool is_nameless_data() const { return !is_code && symbol.empty(); }
};

/// A function and all that it leads to.
struct CodeGraph {
  std::vector<CodePart> parts;    ///< In the order in which they were found, the function first.
  std::set<std::string> by_name;  ///< What was not followed, mangled.

  /// Stands for all parts.
  [[nodiscard]] Digest128 whole_digest() const;
  /// Stands for one part; what it refers to counts by name only, or is taken as a piece of it if it
  /// has none.
  [[nodiscard]] Digest128 own_digest(const CodePart& part) const;
};

/// Whether a function of the same binary is followed, by its mangled name; `is_same` tells that it
/// is a piece of the function asked for.
using FollowRule = std::function<bool(std::string_view name, bool is_same)>;

/// Reads the function around `address` and all that it leads to.
/// @throws Error `corrupt`, and `not_supported` if some of it cannot be read
[[nodiscard]] CodeGraph build_graph(const Binary& binary, std::uint64_t address,
                                    const FollowRule& follows);

}  // namespace larder
