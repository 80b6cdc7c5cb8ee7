// SPDX-License-Identifier: Apache-2.0
#include "cli/json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace larder::cli {
namespace {

std::string quote(std::string_view text) {
  using nlohmann::json;
  return json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

JsonObject& JsonObject::field(std::string_view name, std::string_view json) {
  if (!fields_.empty()) fields_ += ", ";
  fields_.append(quote(name)).append(": ").append(json);
  return *this;
}

JsonObject& JsonObject::text(std::string_view name, std::string_view value) {
  return field(name, quote(value));
}

JsonObject& JsonObject::number(std::string_view name, std::uint64_t value) {
  return field(name, std::to_string(value));
}

JsonObject& JsonObject::integer(std::string_view name, std::int64_t value) {
  return field(name, std::to_string(value));
}

JsonObject& JsonObject::real(std::string_view name, double value) {
  return field(name, nlohmann::json(value).dump());
}

JsonObject& JsonObject::boolean(std::string_view name, bool value) {
  return field(name, value ? "true" : "false");
}

JsonObject& JsonObject::null(std::string_view name) { return field(name, "null"); }

JsonObject& JsonObject::texts(std::string_view name, const std::vector<std::string>& values) {
  std::string list;
  for (const std::string& value : values) list += (list.empty() ? "" : ", ") + quote(value);
  return field(name, "[" + list + "]");
}

std::string to_base64(BytesView data) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((data.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < data.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, data.size() - i);
    unsigned group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8U | (j < count ? std::to_integer<unsigned>(data[i + j]) : 0U);
    }
    for (unsigned j = 0; j < 4; ++j) {
      text.push_back(j <= count ? digits[group >> (18 - 6 * j) & 63U] : '=');
    }
  }
  return text;
}

}  // namespace larder::cli
