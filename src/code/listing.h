// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "code/code_graph.h"
#include "larder/core/bytes.h"

namespace larder {

/// What an item of a listing is. Part of what is hashed: numbers never change their meaning.
enum class ListingItem : std::uint8_t {
  instruction = 1,
  branch = 2,
  place = 3,       ///< In the same part.
  reference = 4,   ///< In another part.
  name = 5,        ///< Something that is not followed.
  content = 6,     ///< Constant bytes.
  table = 7,       ///< Where the cases of a `switch` begin.
  exceptions = 8,  ///< What exceptions do.
  catches_all = 9,
  nothing = 10,
};

/// Writes the text of a part. Every item says how long it is, so that different items never make
/// one text.
class Listing {
 public:
  void item(ListingItem what) { text_.push_back(static_cast<std::byte>(what)); }
  void number(std::uint64_t value);
  void bytes(BytesView value);
  /// Something that is not followed, and where in it.
  void name(std::string_view value, std::uint64_t offset);
  void reference(std::uint32_t part, std::uint64_t address);
  /// `value` of `what`.
  void number(ListingItem what, std::uint64_t value);

  /// Everything that `other` says.
  void append(const Listing& other);

  void move_to(CodePart& part) {
    part.text = std::move(text_);
    part.references = std::move(references_);
  }

 private:
  Bytes text_;
  std::vector<CodeReference> references_;
};

}  // namespace larder
