// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

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
  std::vector<std::filesystem::path> lost = {};  ///< Of shards that are gone.
  bool is_complete = true;                       ///< All shards are there.
};

/// Looks after the pages of its databases, of those that nobody has open.
Pages repair_pages(const CacheOptions& options, RepairMode mode, const CacheHooks& hooks,
                   RepairProgress progress) {
  Pages report;
  const std::vector<std::filesystem::path> paths = detail::engine_paths(options, hooks);
  const bool is_shard = paths.size() > 1;
  const std::size_t made = is_shard ? detail::count_made(*hooks.io, paths) : 1;
  for (std::size_t i = 0; i < made; ++i) {
    if (is_shard && !detail::holds_database(*hooks.io, paths[i])) {
      report.lost.push_back(paths[i]);
      report.problems.push_back(detail::shard_name(i) + ": it is gone: everything in it is lost");
      continue;
    }
    try {
      PageRepair pages = repair_lmdb(detail::engine_options(options, paths[i]), mode,
                                     detail::engine_hooks(hooks), progress, is_whole_record);
      const std::string where = is_shard ? detail::shard_name(i) + ": " : "";
      for (const std::string& problem : pages.problems) report.problems.push_back(where + problem);
      if (pages.kept) report.kept.push_back(std::move(*pages.kept));
    } catch (const Error& error) {
      // Who may only look, or is not alone, sees at least what verify() sees.
      const bool is_dry = mode == RepairMode::dry_run && error.kind() == ErrorKind::denied;
      if (error.kind() != ErrorKind::unavailable && !is_dry) throw;
      report.is_in_use = true;
    }
  }
  report.is_complete = report.lost.empty() && (!is_shard || made == paths.size());
  return report;
}

/// The settings of one of `paths`, with the least of all limits; none if none can be told.
CacheSettings share_of(const std::vector<std::filesystem::path>& paths, const CacheOptions& options,
                       const CacheHooks& hooks) {
  CacheSettings share;
  for (const std::filesystem::path& path : paths) {
    if (!detail::holds_database(*hooks.io, path)) continue;
    CacheOptions one = options;
    one.path = path;
    one.shards.reset();
    one.settings = {};  // as they are
    try {
      CacheSettings found = Cache::open(one, hooks).settings();
      found.max_entries = std::min(*found.max_entries, share.max_entries.value_or(no_limit));
      found.max_bytes = std::min(*found.max_bytes, share.max_bytes.value_or(no_limit));
      share = found;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::corrupt) throw;  // else the others tell
    }
  }
  return share;
}

/// Makes shards anew, so that the others can be reached again.
void make_shards(const std::vector<std::filesystem::path>& lost, const CacheOptions& options,
                 const CacheHooks& hooks) {
  if (lost.empty()) return;
  CacheOptions one = options;
  one.open_mode = OpenMode::open_or_create;
  one.shards.reset();
  one.settings = share_of(detail::engine_paths(options, hooks), options, hooks);
  for (const std::filesystem::path& path : lost) {
    one.path = path;
    // It says what must be in the database.
    hooks.io->unlink(path / "clean");
    static_cast<void>(Cache::open(one, hooks));
  }
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
    if (mode == RepairMode::fix) make_shards(pages.lost, opened, hooks);
    const bool can_be_opened = mode == RepairMode::fix || pages.is_complete;
    if (can_be_opened) report = repair_entries(opened, mode, hooks, progress);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::corrupt || !pages.is_in_use) throw;
    throw Error(ErrorKind::corrupt, std::string(error.what()) +
                                        "; pages of a database can be repaired when nobody has it "
                                        "open: close it everywhere");
  }
  report.problems.insert(report.problems.begin(), std::make_move_iterator(pages.problems.begin()),
                         std::make_move_iterator(pages.problems.end()));
  report.kept = std::move(pages.kept);
  report.lost_shards = pages.lost.size();
  return report;
}

}  // namespace larder
