// SPDX-License-Identifier: Apache-2.0
#include "larder/codec/json.h"

#include "codec/json_text.h"

namespace larder {

Json Json::parse(std::string_view text) {
  Bytes wire;
  WireWriter writer(wire);
  write_json(text, writer);
  WireReader reader(wire);
  return Json(read_json(reader));
}

void Codec<Json>::encode(const Json& value, WireWriter& out) { write_json(value.text(), out); }

Json Codec<Json>::decode(WireReader& in) { return Json(read_json(in)); }

}  // namespace larder
