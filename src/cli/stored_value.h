// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/json.h"
#include "larder/cache/cache.h"
#include "larder/core/bytes.h"
#include "larder/core/clock.h"
#include "larder/key/key.h"

namespace larder::cli {

/// A value as `larder get` shows it.
struct StoredValue {
  std::string_view type = {};  ///< What it was stored as.
  Bytes data = {};             ///< Bytes and text as they are, numbers as text.
  WallTime stored_at = {};
  std::optional<WallTime> expires_at = std::nullopt;
  std::vector<std::string> tags = {};
};

/// The value of `key`, or nothing. Of a result of `larder run` it is what the command wrote to
/// stdout.
/// @throws Error `not_supported` if only the program that stored the value can read it
[[nodiscard]] std::optional<StoredValue> read_value(const Cache& store, const Key& key);

/// Adds `data` to `object` as "value" or, if it is no text, as "value_base64".
void add_value(JsonObject& object, BytesView data);

/// Adds when something was stored, when it expires, and its tags.
void add_lifetime(JsonObject& object, WallTime stored_at, const std::optional<WallTime>& expires_at,
                  const std::vector<std::string>& tags);

/// The name of the type that has `schema`, `"other"` if the tool does not know it.
[[nodiscard]] std::string_view type_name(std::uint64_t schema);

}  // namespace larder::cli
