// SPDX-License-Identifier: Apache-2.0

// One load of a key at a time: among the threads of this process by a flight, which also shares
// what the loader throws; among processes by a claim on the key, which the death of its owner ends.

#include <algorithm>
#include <utility>

#include "cache/freshness.h"
#include "cache/loading.h"
#include "cache/seen.h"
#include "larder/cache/detail/cache_core.h"

namespace larder::detail {

void CacheCore::load(const Key& key, LoadType type, const LoadOptions& options, LoadCall call,
                     EntryVisitor visit) {
  if (CacheCore* part = part_of(key)) return part->load(key, type, options, call, visit);
  if (find_or_refresh(key, type, options, call, visit)) return;
  if (state_->is_read_only) return Loading::run_for_nobody_else(call.run);
  Loading(*this, key, options, type, std::nullopt).finish(call.run, visit);
}

bool CacheCore::find_or_refresh(const Key& key, LoadType type, const LoadOptions& options,
                                LoadCall call, EntryVisitor visit) {
  Freshness freshness = Freshness::fresh;
  std::optional<WallTime> stored_at;
  // What cannot be loaded again has no use beyond its time.
  const Staleness staleness = state_->is_read_only ? Staleness::refused : Staleness::allowed;
  const Seen seen = look_up(
      key, type.schema, {.max_age = options.max_age}, staleness, [&](const SeenEntry& entry) {
        visit(entry);
        freshness = judge_freshness(entry.expires_at, entry.load_time, options.early_refresh,
                                    *state_->hooks.clock);
        stored_at = entry.stored_at;
      });
  if (seen != Seen::hit && (seen != Seen::absent || !type.may_be_absent)) {
    Tally tally;
    count_seen(seen, tally);
    state_->statistics.add(tally);
    return false;
  }
  state_->statistics.add(Event::hit);
  if (freshness == Freshness::fresh || state_->is_read_only) return true;
  if (freshness == Freshness::stale) state_->statistics.add(Event::stale_hit);
  refresh(key, type, options, call, *stored_at);
  return true;
}

void CacheCore::store_computed(const Key& key, std::uint64_t schema, BytesView value,
                               const PutOptions& options, Duration load_time) {
  try {
    store(key, schema, value, options, StoreMode::always, std::max(load_time, Duration{1}));
  } catch (const Error& error) {
    report_not_stored(*state_, key, error);
  }
}

/// All that a load elsewhere needs, for as long as it needs it.
struct CacheCore::RefreshTask {
  RefreshTask(std::shared_ptr<CacheCore> core_, Key key_, LoadType type, LoadOptions options_,
              DetachedLoad load_, WallTime stored_at)
      : core(std::move(core_)),
        key(std::move(key_)),
        options(std::move(options_)),
        load(std::move(load_)),
        loading(*core, key, options, type, stored_at) {}

  std::shared_ptr<CacheCore> core;
  Key key;
  LoadOptions options;
  DetachedLoad load;
  Loading loading;
  Flights::TicketPtr ticket = nullptr;
};

void CacheCore::refresh(const Key& key, LoadType type, const LoadOptions& options, LoadCall call,
                        WallTime stored_at) {
  if (!options.refresh_on) {
    Loading loading(*this, key, options, type, stored_at);
    const Flights::TicketPtr ticket = loading.try_start();
    if (ticket != nullptr) loading.report(loading.run(*ticket, call.run, no_wait));
    return;
  }
  const auto task = std::make_shared<RefreshTask>(shared_from_this(), key, type, options,
                                                  call.detach(), stored_at);
  task->ticket = task->loading.try_start();
  if (task->ticket == nullptr) return;
  try {
    options.refresh_on(
        [task] { task->loading.report(task->loading.run(*task->ticket, task->load, no_wait)); });
  } catch (const std::exception& error) {
    // The caller has a value, and whoever comes next asks again.
    state_->log(LogLevel::warning,
                "cache: " + key.to_string() +
                    " is not loaded again, as the executor failed: " + error.what());
  }
}

}  // namespace larder::detail
