// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/log_replay.h"

#include <algorithm>

namespace larder::lmdb {

std::uint64_t replay(std::span<const LogFile> files, std::uint64_t next,
                     std::uint64_t files_through, FunctionRef<void(const LogEntry&)> visit) {
  for (const LogFile& file : files) {
    next = replay_log(
        file.content, next,
        [&](BytesView key, BytesView value, EntryKind kind) {
          visit({.key = key, .value = value, .erased = kind == EntryKind::erase});
        },
        files_through);
  }
  return next;
}

Countable what_counts(std::span<const LogFile> files, std::uint64_t next, std::string_view boot) {
  Countable result;
  for (const LogFile& file : files) {
    result.files_through = std::max(result.files_through, file.start.files_through);
  }
  const auto ignore = [](const LogEntry&) {};
  const std::uint64_t all = replay(files, next, UINT64_MAX, ignore);
  const std::uint64_t sure = replay(files, next, result.files_through, ignore);
  if (sure == all) return result;
  const std::uint32_t tag = boot_tag(boot);
  const bool is_same_boot = std::ranges::all_of(
      files, [&](const LogFile& file) { return file.start.boot == 0 || file.start.boot == tag; });
  if (is_same_boot) return {.files_through = UINT64_MAX, .is_only_in_memory = true};
  result.lost = all - sure;
  return result;
}

}  // namespace larder::lmdb
