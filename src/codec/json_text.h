// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "larder/codec/wire.h"

namespace larder {

/// Appends the document in `text` to `out`, the keys of objects sorted.
/// @throws Error as `Json::parse`
void write_json(std::string_view text, WireWriter& out);

/// The next value of `in` as canonical JSON text.
/// @throws Error `corrupt` if it is not what `write_json` writes
[[nodiscard]] std::string read_json(WireReader& in);

}  // namespace larder
