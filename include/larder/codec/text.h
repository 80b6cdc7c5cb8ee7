// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "larder/codec/codec.h"
#include "larder/codec/schema.h"

namespace larder {

/// Text. Any bytes come back as they were, but other languages expect UTF-8; use `Bytes` for binary
/// data.
template <>
struct Codec<std::string> {
  static void encode(const std::string& value, WireWriter& out) { out.write_str(value); }
  static std::string decode(WireReader& in) { return std::string(in.read_str()); }
  static consteval std::uint64_t schema() { return named_schema("text"); }
};

/// Binary data.
template <>
struct Codec<Bytes> {
  static void encode(const Bytes& value, WireWriter& out) { out.write_bin(value); }
  static Bytes decode(WireReader& in) { return to_bytes(in.read_bin()); }
  static consteval std::uint64_t schema() { return named_schema("binary"); }
};

}  // namespace larder
