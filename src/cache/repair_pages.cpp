// SPDX-License-Identifier: Apache-2.0
#include "cache/layout.h"
#include "cache/record.h"
#include "cache/shards.h"
#include "cache/state.h"
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

struct Pages {
  std::vector<std::string> problems = {};
  std::vector<std::filesystem::path> kept = {};
  bool is_in_use = false;  ///< Somebody had one open, so that it was not looked at.
};

/// Looks after the pages of its databases, of those that nobody has open.
Pages repair_pages(const CacheOptions& options, RepairMode mode, const CacheHooks& hooks,
                   RepairProgress progress) {
  Pages report;
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
      report.is_in_use = true;
    }
  }
  return report;
}

/// Settings that are damaged let no cache open; without them it has the defaults. Returns whether
/// there were such.
bool drop_damaged_settings(const CacheOptions& options, const CacheHooks& hooks,
                           std::vector<std::string>& problems) {
  const std::size_t known = problems.size();
  const detail::Layout layout(as_bytes("cache"));
  for (const std::filesystem::path& path : detail::engine_paths(options, hooks)) {
    const EnginePtr engine =
        open_lmdb(detail::engine_options(options, path), detail::engine_hooks(hooks));
    engine->update([&](WriteTxn& txn) {
      try {
        static_cast<void>(detail::load_meta(txn, layout));
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::corrupt) throw;
        problems.emplace_back(error.what());
        txn.erase(layout.meta().view());
      }
    });
  }
  return problems.size() > known;
}

RepairReport repair_entries(const CacheOptions& options, RepairMode mode, const CacheHooks& hooks,
                            RepairProgress progress) {
  const auto repair = [&] { return Cache::open(options, hooks).repair(mode, progress); };
  std::vector<std::string> problems;
  try {
    return repair();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::corrupt) throw;
    if (mode == RepairMode::dry_run) return {.problems = {error.what()}};
    if (!drop_damaged_settings(options, hooks, problems)) throw;
  }
  RepairReport report = repair();
  report.problems.insert(report.problems.begin(), problems.begin(), problems.end());
  return report;
}

}  // namespace

RepairReport repair_cache(const CacheOptions& options, RepairMode mode, const CacheHooks& hooks,
                          RepairProgress progress) {
  const CacheOptions opened = existing(options, mode);
  Pages pages = repair_pages(opened, mode, hooks, progress);
  RepairReport report;
  try {
    report = repair_entries(opened, mode, hooks, progress);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::corrupt || !pages.is_in_use) throw;
    throw Error(ErrorKind::corrupt, std::string(error.what()) +
                                        "; pages of a database can be repaired when nobody has it "
                                        "open: close it everywhere");
  }
  report.problems.insert(report.problems.begin(), std::make_move_iterator(pages.problems.begin()),
                         std::make_move_iterator(pages.problems.end()));
  report.kept = std::move(pages.kept);
  return report;
}

}  // namespace larder
