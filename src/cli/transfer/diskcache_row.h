// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "cli/transfer/diskcache.h"
#include "cli/transfer/value_folder.h"
#include "larder/core/bytes.h"

namespace larder::cli {

/// A value of SQLite.
using SqlValue = std::variant<std::monostate, std::int64_t, double, std::string, Bytes>;

/// A row of the table `Cache` of diskcache.
struct DiskcacheRow {
  SqlValue key, raw, expire_time, tag, size, mode, filename, value;
};

/// What a row stands for, from a directory whose value files are in `folder`. `kind` is not
/// `guess`.
/// @throws RefusedEntry
[[nodiscard]] Incoming to_incoming(DiskcacheRow row, DiskKind kind, const ValueFolder& folder);

/// How the key of a row is shown to people, whatever it is.
[[nodiscard]] std::string show_row_key(const DiskcacheRow& row, DiskKind kind);

/// Whether the key is one that `JSONDisk` wrote.
[[nodiscard]] bool has_json_key(const DiskcacheRow& row);

}  // namespace larder::cli
