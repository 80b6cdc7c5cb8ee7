// SPDX-License-Identifier: Apache-2.0
#include "cache/record.h"
#include "cache/shards.h"
#include "larder/cache/cache.h"
#include "larder/cache/repair.h"
#include "larder/core/error.h"

namespace larder {

namespace {

/// How to open a cache that must be there.
CacheOptions existing(const CacheOptions& options, RepairMode mode) {
  CacheOptions opened = options;
  opened.open_mode = mode == RepairMode::fix ? OpenMode::open : OpenMode::read_only;
  return opened;
}

constexpr auto is_whole_record = [](BytesView engine_key, BytesView stored) {
  return detail::open_record(stored, engine_key).has_value();
};

/// Looks after the pages of its databases, of those that nobody has open.
RepairReport repair_pages(const CacheOptions& options, RepairMode mode, const CacheHooks& hooks,
                          RepairProgress progress) {
  RepairReport report;
  const std::vector<std::filesystem::path> paths = detail::engine_paths(options, hooks);
  for (std::size_t i = 0; i < paths.size(); ++i) {
    try {
      PageRepair pages = repair_lmdb(detail::engine_options(options, paths[i]), mode,
                                     detail::engine_hooks(hooks), progress, is_whole_record);
      const std::string where = paths.size() > 1 ? detail::shard_name(i) + ": " : "";
      for (const std::string& problem : pages.problems) report.problems.push_back(where + problem);
      if (pages.kept) report.kept.push_back(std::move(*pages.kept));
    } catch (const Error& error) {
      // Who may only look, or is not alone, sees at least what verify() sees.
      const bool is_dry = mode == RepairMode::dry_run && error.kind() == ErrorKind::denied;
      if (error.kind() != ErrorKind::unavailable && !is_dry) throw;
    }
  }
  return report;
}

RepairReport repair_entries(const CacheOptions& options, RepairMode mode, const CacheHooks& hooks,
                            RepairProgress progress) {
  try {
    return Cache::open(options, hooks).repair(mode, progress);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::corrupt) throw;
    if (mode == RepairMode::dry_run) return {.problems = {error.what()}};
    throw Error(ErrorKind::corrupt, std::string(error.what()) +
                                        "; pages of a database can be repaired when nobody has it "
                                        "open: close it everywhere");
  }
}

}  // namespace

RepairReport repair_cache(const CacheOptions& options, RepairMode mode, const CacheHooks& hooks,
                          RepairProgress progress) {
  const CacheOptions opened = existing(options, mode);
  RepairReport pages = repair_pages(opened, mode, hooks, progress);
  RepairReport report = repair_entries(opened, mode, hooks, progress);
  report.problems.insert(report.problems.begin(), std::make_move_iterator(pages.problems.begin()),
                         std::make_move_iterator(pages.problems.end()));
  report.kept = std::move(pages.kept);
  return report;
}

}  // namespace larder
