// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

#include "larder/codec/codec.h"
#include "larder/codec/schema.h"

namespace larder {

/// A path is text, exactly as given; it is not made absolute.
template <>
struct Codec<std::filesystem::path> {
  static void encode(const std::filesystem::path& value, WireWriter& out) {
    out.write_str(value.native());
  }
  static std::filesystem::path decode(WireReader& in) { return {in.read_str()}; }
  static consteval std::uint64_t schema() { return named_schema("text"); }
};

}  // namespace larder
