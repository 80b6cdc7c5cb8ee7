// SPDX-License-Identifier: Apache-2.0
#include "cli/transfer/json_key.h"

#include <nlohmann/json.hpp>
#include <string>

#include "larder/core/error.h"

namespace larder::cli {
namespace {

using nlohmann::json;

// As deep as keys may be nested: the writer throws beyond.
void write(const json& value, KeyWriter& out) {
  switch (value.type()) {
    case json::value_t::null:
      return out.write_null();
    case json::value_t::boolean:
      return out.write_boolean(value.get<bool>());
    case json::value_t::number_integer:
      return out.write_integer(value.get<std::int64_t>());
    case json::value_t::number_unsigned:
      return out.write_unsigned(value.get<std::uint64_t>());
    case json::value_t::number_float:
      return out.write_real(value.get<double>());
    case json::value_t::string:
      return out.write_text(value.get_ref<const std::string&>());
    case json::value_t::array:
      out.begin_tuple();
      for (const json& element : value) write(element, out);
      return out.end_tuple();
    case json::value_t::object:
    case json::value_t::binary:
    case json::value_t::discarded:
      break;
  }
  throw Error(ErrorKind::invalid_argument, "a JSON object cannot be a key");
}

}  // namespace

Key key_of_json(const json& value) {
  KeyBuffer buffer;
  KeyWriter out(buffer);
  write(value, out);
  return Key::from_bytes(buffer.view());
}

}  // namespace larder::cli
