// SPDX-License-Identifier: Apache-2.0

// One computation of a key at a time, by a flight; what is near or beyond its time is computed
// again; what is evicted goes to the archive, and comes from there.

#include "larder/memo/detail/result_table.h"

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "cache/flights.h"
#include "cache/freshness.h"
#include "core/per_process.h"
#include "larder/core/error.h"
#include "larder/core/mutex.h"
#include "memo/result_map.h"

namespace larder::detail {

namespace {

[[noreturn]] void refuse(const char* what) {
  throw Error(ErrorKind::invalid_argument, std::string("memoize: in memory, ") + what);
}

void check(const ResultTable::Settings& settings) {
  const PutOptions& put = settings.load.put;
  if (!put.tags.empty()) refuse("results have no tags");
  if (put.idle_ttl) refuse("results have no idle_ttl; the eviction keeps what is used");
  if (!settings.hooks.archive) {
    if (settings.options.overflow == Overflow::spill_all) refuse("spill_all needs an archive");
  } else if (settings.type.encode == nullptr) {
    refuse("an archive needs results that have a Codec");
  }
}

using Use = ResultMap::Use;

constexpr auto see_nothing = [](const ResultObject& /*result*/) {};

/// Whether there is a result that may be shown, and what is to be done about it.
enum class Found { nothing, fresh, early, stale };

}  // namespace

struct ResultTable::Core {
  /// What a process has of its own.
  struct Board {
    explicit Board(const Settings& settings)
        : map(settings.options, settings.hooks.eviction_policy), archive(settings.hooks.archive) {}

    ResultMap map;
    Flights flights;
    Mutex archive_mutex;
    std::shared_ptr<ResultArchive> archive LARDER_GUARDED_BY(archive_mutex);
    std::atomic<std::uint64_t> misses = 0;
    std::atomic<std::uint64_t> loads = 0;
    std::atomic<std::uint64_t> evicted = 0;
  };

  explicit Core(Settings given)
      : settings(std::move(given)), boards([this] { return std::make_shared<Board>(settings); }) {}

  Found look(Board& board, const Key& key, Use use, Seen seen) const;
  void miss(Board& board, const Key& key, const ResultCall& call, Seen seen) const;
  void run(Board& board, Flights::Ticket& ticket, const Key& key, FunctionRef<Computed()> call,
           Seen seen) const;
  void run_again(Board& board, Flights::Ticket& ticket, const Key& key,
                 FunctionRef<Computed()> call, Seen seen) const;
  LoadOutcome compute(Board& board, const Key& key, FunctionRef<Computed()> call, Seen seen) const;
  Computed remembering(Board& board, const Key& key, FunctionRef<Computed()> call) const;
  bool fetch(Board& board, const Key& key, Seen seen) const;
  std::uint64_t fetch_all(Board& board) const;
  void keep(Board& board, const Key& key, KeptResult result) const;
  [[nodiscard]] std::uint64_t archive(Board& board, const GoneResults& results) const;
  [[nodiscard]] std::vector<Key> keys_in(ResultArchive& archive) const;
  void report_current(const std::string& about) const;
  void report(const std::string& about, const char* what) const;

  [[nodiscard]] static std::shared_ptr<ResultArchive> archive_of(Board& board) {
    const MutexLock lock(board.archive_mutex);
    return board.archive;
  }

  Settings settings;
  mutable PerProcess<Board> boards;

 private:
  [[nodiscard]] Found judge(const KeptResult& kept) const;
};

Found ResultTable::Core::judge(const KeptResult& kept) const {
  const Clock& clock = *settings.hooks.clock;
  const LoadOptions& load = settings.load;
  if (load.max_age && clock.now() >= add_saturated(kept.stored_at, *load.max_age)) {
    return Found::nothing;
  }
  switch (judge_freshness(kept.expires_at, kept.load_time, load.early_refresh, clock)) {
    case Freshness::fresh:
      return Found::fresh;
    case Freshness::early:
      return kept.error ? Found::fresh : Found::early;
    case Freshness::stale:
      break;
  }
  const bool is_usable =
      !kept.error && clock.now() < add_saturated(*kept.expires_at, load.put.stale_for);
  return is_usable ? Found::stale : Found::nothing;
}

/// What a call threw that is remembered, is thrown again.
Found ResultTable::Core::look(Board& board, const Key& key, Use use, Seen seen) const {
  Found found = Found::nothing;
  std::exception_ptr error;
  board.map.look(key, use, [&](const KeptResult& kept) {
    found = judge(kept);
    if (found == Found::nothing) return false;
    if (kept.error) {
      error = kept.error;
    } else {
      seen(kept.object);
    }
    return true;
  });
  if (error) std::rethrow_exception(error);
  return found;
}

void ResultTable::Core::miss(Board& board, const Key& key, const ResultCall& call,
                             Seen seen) const {
  const SteadyTime deadline = waiting_deadline(settings.load.timeout);
  for (;;) {
    const Flights::Joined joined = board.flights.join(key.bytes(), deadline);
    if (joined.ticket) return run(board, *joined.ticket, key, call.run, seen);
    const LoadOutcome& outcome = *joined.outcome;
    if (outcome.kind == LoadOutcome::Kind::failed) std::rethrow_exception(outcome.error);
    if (outcome.kind == LoadOutcome::Kind::given_up) continue;
    board.misses.fetch_add(1, std::memory_order_relaxed);
    // What is not to be kept, everybody computes alone.
    seen(outcome.object ? outcome.object : call.run().object);
    return;
  }
}

/// Computes under `ticket`, unless somebody has just done so.
void ResultTable::Core::run(Board& board, Flights::Ticket& ticket, const Key& key,
                            FunctionRef<Computed()> call, Seen seen) const {
  ticket.begin();
  LoadOutcome outcome{.kind = LoadOutcome::Kind::value};
  const auto see = [&](const ResultObject& result) {
    outcome.object = result;
    seen(result);
  };
  try {
    if (look(board, key, Use::counted, see) != Found::fresh && !fetch(board, key, see)) {
      board.misses.fetch_add(1, std::memory_order_relaxed);
      const auto remembered = [&] { return remembering(board, key, call); };
      outcome = compute(board, key, remembered, seen);
    }
  } catch (...) {
    ticket.land({.kind = LoadOutcome::Kind::failed, .error = std::current_exception()});
    throw;
  }
  ticket.land(std::move(outcome));
}

/// The same, where there is a result that may be used if this fails.
void ResultTable::Core::run_again(Board& board, Flights::Ticket& ticket, const Key& key,
                                  FunctionRef<Computed()> call, Seen seen) const {
  ticket.begin();
  try {
    ticket.land(compute(board, key, call, seen));
  } catch (...) {
    ticket.land({.kind = LoadOutcome::Kind::given_up});
    report_current(key.to_string());
  }
}

/// Returns what those are told who wait for it: nothing of what is not to be kept.
LoadOutcome ResultTable::Core::compute(Board& board, const Key& key, FunctionRef<Computed()> call,
                                       Seen seen) const {
  const Clock& clock = *settings.hooks.clock;
  const SteadyTime start = clock.steady_now();
  Computed computed = call();
  const SteadyTime end = clock.steady_now();
  seen(computed.object);
  LoadOutcome outcome{.kind = LoadOutcome::Kind::value};
  if (!computed.is_kept) return outcome;
  outcome.object = computed.object;
  keep(board, key,
       {.object = std::move(computed.object),
        .load_time = std::chrono::duration_cast<Duration>(end - start)});
  return outcome;
}

/// `call`, what it throws being remembered if that is asked for. Only where there is no result that
/// may still be used: that would be replaced.
Computed ResultTable::Core::remembering(Board& board, const Key& key,
                                        FunctionRef<Computed()> call) const {
  try {
    return call();
  } catch (...) {
    if (settings.remember_errors_for) {
      const WallTime now = settings.hooks.clock->now();
      keep(board, key,
           {.error = std::current_exception(),
            .expires_at = add_saturated(now, *settings.remember_errors_for)});
    }
    throw;
  }
}

/// Brings a result from the archive, if it is there.
bool ResultTable::Core::fetch(Board& board, const Key& key, Seen seen) const {
  const std::shared_ptr<ResultArchive> archive = archive_of(board);
  if (!archive) return false;
  KeptResult result;
  try {
    const std::optional<ArchivedResult> found = archive->get(key);
    if (!found) return false;
    result = {.object = settings.type.decode(found->value),
              .stored_at = found->stored_at,
              .expires_at = found->expires_at,
              .load_time = found->load_time};
  } catch (...) {
    report_current(key.to_string());
    return false;
  }
  const Found found = judge(result);
  if (found != Found::fresh && found != Found::early) return false;
  board.loads.fetch_add(1, std::memory_order_relaxed);
  seen(result.object);
  keep(board, key, std::move(result));
  return true;
}

std::vector<Key> ResultTable::Core::keys_in(ResultArchive& archive) const {
  try {
    return archive.keys(*settings.keys);
  } catch (...) {
    report_current("the archive");
    return {};
  }
}

/// Nothing is evicted for what was not asked for.
std::uint64_t ResultTable::Core::fetch_all(Board& board) const {
  const std::shared_ptr<ResultArchive> archive = archive_of(board);
  if (!archive) return 0;
  const std::uint64_t most = settings.options.max_entries;
  std::uint64_t count = 0;
  for (const Key& key : keys_in(*archive)) {
    if (board.map.size() >= most) break;
    if (look(board, key, Use::none, see_nothing) != Found::nothing) continue;
    if (fetch(board, key, see_nothing)) ++count;
  }
  return count;
}

void ResultTable::Core::keep(Board& board, const Key& key, KeptResult result) const {
  const PutOptions& put = settings.load.put;
  if (result.stored_at == WallTime()) {  // else it comes from an archive, and so do its times
    result.stored_at = settings.hooks.clock->now();
    if (!result.expires_at) result.expires_at = put.expires_at;
    if (!result.expires_at && put.ttl) {
      result.expires_at = add_saturated(result.stored_at, *put.ttl);
    }
  }
  const GoneResults gone = board.map.keep(key, std::move(result));
  board.evicted.fetch_add(gone.size(), std::memory_order_relaxed);
  (void)archive(board, gone);
}

/// Returns how many were stored.
std::uint64_t ResultTable::Core::archive(Board& board, const GoneResults& results) const {
  const std::shared_ptr<ResultArchive> archive = archive_of(board);
  if (!archive) return 0;
  std::uint64_t count = 0;
  for (const GoneResult& gone : results) {
    if (gone.result.error) continue;
    const Key key = Key::from_bytes(gone.key);
    try {
      archive->put(key, {.value = settings.type.encode(gone.result.object.get()),
                         .stored_at = gone.result.stored_at,
                         .expires_at = gone.result.expires_at,
                         .load_time = gone.result.load_time});
      ++count;
    } catch (...) {
      report_current(key.to_string());
    }
  }
  return count;
}

/// Reports the exception that is being handled.
void ResultTable::Core::report_current(const std::string& about) const {
  try {
    throw;
  } catch (const std::exception& error) {
    report(about, error.what());
  } catch (...) {
    report(about, "an exception of an unknown type");
  }
}

void ResultTable::Core::report(const std::string& about, const char* what) const {
  if (!settings.hooks.log) return;
  settings.hooks.log(LogLevel::warning, "memoize: " + about + ": " + what);
}

namespace {

/// A computation elsewhere, with all it needs.
struct Refresh {
  std::shared_ptr<ResultTable> table;
  Key key;
  std::function<Computed()> run;
  Flights::TicketPtr ticket;
};

}  // namespace

ResultTable::ResultTable(Settings settings) {
  check(settings);
  core_ = std::make_unique<Core>(std::move(settings));
}

ResultTable::~ResultTable() = default;

void ResultTable::get_or_compute(const Key& key, const ResultCall& call, Seen seen) {
  Core::Board& board = core_->boards.ref();
  const Found found = core_->look(board, key, Use::counted, seen);
  if (found == Found::fresh) return;
  if (found == Found::nothing) return core_->miss(board, key, call, seen);
  Flights::TicketPtr ticket = board.flights.try_start(key.bytes());
  if (ticket == nullptr) return;
  const Executor& executor = core_->settings.load.refresh_on;
  std::function<Computed()> detached = executor ? call.detach() : nullptr;
  if (!detached) return core_->run_again(board, *ticket, key, call.run, seen);
  const auto task = std::make_shared<Refresh>(
      Refresh{shared_from_this(), key, std::move(detached), std::move(ticket)});
  try {
    executor([task] {
      const Core& core = *task->table->core_;
      core.run_again(core.boards.ref(), *task->ticket, task->key, task->run, see_nothing);
    });
  } catch (...) {
    // The caller has a result, and whoever comes next asks again.
    core_->report_current(key.to_string());
  }
}

bool ResultTable::find(const Key& key, Seen seen) {
  return core_->look(core_->boards.ref(), key, Use::none, seen) != Found::nothing;
}

void ResultTable::put(const Key& key, ResultObject result, Duration load_time) {
  core_->keep(core_->boards.ref(), key, {.object = std::move(result), .load_time = load_time});
}

bool ResultTable::erase(const Key& key) {
  const std::optional<KeptResult> taken = core_->boards.ref().map.take(key);
  if (const auto archive = Core::archive_of(core_->boards.ref())) {
    try {
      archive->erase(key);
    } catch (...) {
      core_->report_current(key.to_string());
    }
  }
  return taken.has_value();
}

void ResultTable::clear() { (void)core_->boards.ref().map.take_all(); }

std::uint64_t ResultTable::dump() {
  Core::Board& board = core_->boards.ref();
  return core_->archive(board, board.map.all());
}

bool ResultTable::dump(const Key& key) {
  Core::Board& board = core_->boards.ref();
  GoneResults found;
  board.map.look(key, Use::none, [&](const KeptResult& kept) {
    found.push_back({to_bytes(key.bytes()), kept});
    return true;
  });
  return core_->archive(board, found) != 0;
}

bool ResultTable::load(const Key& key) {
  return core_->fetch(core_->boards.ref(), key, see_nothing);
}

std::uint64_t ResultTable::load() { return core_->fetch_all(core_->boards.ref()); }

/// A child of a fork begins with the archive of its parent.
std::shared_ptr<ResultArchive> ResultTable::set_archive(std::shared_ptr<ResultArchive> archive) {
  if (!core_->settings.keys) {
    refuse("another archive needs a function that was made with one: its keys say whose they are");
  }
  Core::Board& board = core_->boards.ref();
  const MutexLock lock(board.archive_mutex);
  core_->settings.hooks.archive = archive;
  return std::exchange(board.archive, std::move(archive));
}

MemoizeStats ResultTable::stats() const {
  Core::Board& board = core_->boards.ref();
  return {.hits = board.map.hits(),
          .misses = board.misses.load(std::memory_order_relaxed),
          .loads = board.loads.load(std::memory_order_relaxed),
          .evicted = board.evicted.load(std::memory_order_relaxed),
          .entries = board.map.size()};
}

void ResultTable::reset_stats() {
  Core::Board& board = core_->boards.ref();
  board.map.reset_hits();
  board.misses = 0;
  board.loads = 0;
  board.evicted = 0;
}

const Clock& ResultTable::clock() const noexcept { return *core_->settings.hooks.clock; }

}  // namespace larder::detail
