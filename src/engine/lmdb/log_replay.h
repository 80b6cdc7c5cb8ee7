// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/lmdb/log_check.h"
#include "engine/lmdb/segment.h"
#include "larder/core/bytes.h"
#include "larder/core/function_ref.h"

namespace larder::lmdb {

/// One of the log files that were found when a database was opened that nobody has open.
struct LogFile {
  LogStart start;
  BytesView content;
};

/// Calls `visit` for every entry of `files`, which are in order, from sequence number `next` on,
/// see `replay_log`. Returns the number that would come next.
std::uint64_t replay(std::span<const LogFile> files, std::uint64_t next,
                     std::uint64_t files_through, FunctionRef<void(const LogEntry&)> visit);

/// Which transactions count, with regard to the files that they need.
struct Countable {
  std::uint64_t files_through = 0;  ///< For `replay()`.
  std::uint64_t lost = 0;           ///< Transactions that do not count.
  /// The files are there, since the machine was not started anew, but perhaps not on the device.
  bool is_only_in_memory = false;
};

/// What counts of `files`, which are in order, from sequence number `next` on, in the boot of the
/// machine that is called `boot`.
[[nodiscard]] Countable what_counts(std::span<const LogFile> files, std::uint64_t next,
                                    std::string_view boot);

}  // namespace larder::lmdb
