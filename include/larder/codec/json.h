// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "larder/codec/codec.h"
#include "larder/codec/schema.h"

namespace larder {

/// The largest JSON text that is accepted.
inline constexpr std::size_t max_json_bytes = std::size_t{64} << 20;

/// A JSON document in canonical form: no space between tokens, the keys of objects sorted by their
/// bytes, no escapes but the necessary ones, numbers as short as they can be. So two documents are
/// equal when they say the same; `1` and `1.0` do not.
///
/// Thread-compatible.
class Json {
 public:
  /// The document `null`.
  Json() : text_("null") {}

  /// Reads a JSON text and brings it into canonical form.
  /// @throws Error `invalid_argument` if it is not JSON, not UTF-8, nested deeper than 64 levels or
  /// larger than `max_json_bytes`; if an object has a key twice; if an integer does not fit 64 bits
  /// or a number is beyond a double
  [[nodiscard]] static Json parse(std::string_view text);

  /// The document in canonical form.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

  friend bool operator==(const Json& a, const Json& b) noexcept = default;

 private:
  friend struct Codec<Json>;
  explicit Json(std::string canonical) : text_(std::move(canonical)) {}

  std::string text_;
};

/// A document is stored as the MessagePack values of the same structure, not as text.
template <>
struct Codec<Json> {
  static constexpr bool may_be_nil = true;
  static void encode(const Json& value, WireWriter& out);
  static Json decode(WireReader& in);
  static consteval std::uint64_t schema() { return named_schema("json"); }
};

}  // namespace larder
