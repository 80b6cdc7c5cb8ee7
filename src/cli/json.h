// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "larder/core/bytes.h"

namespace larder::cli {

/// One JSON object on one line, written field by field in the order of the calls. Only what the
/// tool prints; reading JSON is the library's business.
class JsonObject {
 public:
  /// A field that is text. Bytes that are not UTF-8 become U+FFFD.
  JsonObject& text(std::string_view name, std::string_view value);
  JsonObject& number(std::string_view name, std::uint64_t value);
  JsonObject& integer(std::string_view name, std::int64_t value);
  JsonObject& real(std::string_view name, double value);
  JsonObject& boolean(std::string_view name, bool value);
  JsonObject& null(std::string_view name);
  JsonObject& texts(std::string_view name, const std::vector<std::string>& values);

  /// The object and a line feed.
  [[nodiscard]] std::string line() const { return "{" + fields_ + "}\n"; }

 private:
  JsonObject& field(std::string_view name, std::string_view json);

  std::string fields_;
};

/// `data` in base 64.
[[nodiscard]] std::string to_base64(BytesView data);

}  // namespace larder::cli
