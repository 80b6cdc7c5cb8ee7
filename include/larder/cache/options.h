// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "larder/cache/eviction_policy.h"
#include "larder/cache/latency.h"
#include "larder/core/clock.h"
#include "larder/core/function_ref.h"
#include "larder/core/io.h"
#include "larder/core/log.h"
#include "larder/engine/options.h"
#include "larder/engine/repair.h"
#include "larder/key/key.h"

namespace larder {

/// Which entry goes first when the cache is full. Each costs a read a few nanoseconds at most; what
/// the choice is worth is measured in docs/cache/eviction.md.
enum class Eviction {
  none,  ///< Nothing is evicted: a put that would break a limit throws `full`.
  fifo,  ///< The entry that came in first. Overwriting does not move it: see `KeyOrder::insertion`.
  lru,   ///< The entry that was used longest ago; exact up to 1024 entries, above by sampling.
  lfu,   ///< The entry that was used least often, the oldest of several; sampled like `lru`.
  sieve,      ///< The oldest entry that was not used since it was last looked at.
  s3_fifo,    ///< New entries that are not used twice soon; then old ones that are used no more.
  w_tinylfu,  ///< New entries whose keys are asked for less often than those that would have to go.
  mru,        ///< The entry that was used last: for loops over more than fits.
  random,     ///< Any entry.
  custom,     ///< What `CacheHooks::eviction_policy` says; without one, as `fifo`.
};

/// Every `Eviction`, in the order in which a program would offer them.
inline constexpr std::array<Eviction, 10> all_evictions = {
    Eviction::fifo,      Eviction::lru, Eviction::lfu,    Eviction::sieve,  Eviction::s3_fifo,
    Eviction::w_tinylfu, Eviction::mru, Eviction::random, Eviction::custom, Eviction::none};

/// The name of `eviction`, for example `"s3_fifo"`.
[[nodiscard]] std::string_view to_string(Eviction eviction) noexcept;

/// A limit that limits nothing.
inline constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

/// Settings of a cache. They are kept in the cache: a field that is set is validated and stored
/// for all later openings, a field that is not set keeps what is stored, else its default.
struct CacheSettings {
  /// The cache evicts before it holds more entries than this. Default: `no_limit`.
  std::optional<std::uint64_t> max_entries = std::nullopt;

  /// The cache evicts before its keys, values, tags and 56 bytes for each entry take more than
  /// this. Default: `no_limit`.
  std::optional<std::uint64_t> max_bytes = std::nullopt;

  /// Which entry goes first when the cache is full. Default: `w_tinylfu`.
  std::optional<Eviction> eviction = std::nullopt;

  /// An entry that is put without a lifetime of its own expires this long after. Zero means never,
  /// the default.
  std::optional<Duration> expire_after_write = std::nullopt;

  /// Values whose encoding is longer than this are compressed (zstd). Default: `no_limit`.
  std::optional<std::uint64_t> compress_above_bytes = std::nullopt;

  /// Values that take more than this as stored are kept in files of their own. 0 does so with all,
  /// `no_limit` with none, as does an engine without a directory. Default: 1 MiB.
  std::optional<std::uint64_t> file_above_bytes = std::nullopt;

  /// No entry is found for longer than this after its value was stored, whatever lifetime it was
  /// given. Zero means without end, the default.
  std::optional<Duration> max_age = std::nullopt;
};

/// How to open a cache in a directory of its own. Plain data; what acts is in `CacheHooks`.
struct CacheOptions {
  /// Directory of the cache. Created, with its parents, if it is missing.
  std::filesystem::path path = {};

  /// What there must be, and what may be done with it. With `read_only` nothing is changed, not
  /// even to note a use or to count a read; see docs/cache/README.md.
  OpenMode open_mode = OpenMode::open_or_create;

  /// What is kept in the cache and can be changed by opening it.
  CacheSettings settings = {};

  /// In how many shards the cache is, each with a database and writers of its own; up to 256.
  /// Chosen when it is created; unset: what it has, else 1. See docs/cache/sharding.md.
  std::optional<std::uint32_t> shards = std::nullopt;

  /// What an acknowledged write survives.
  Durability durability = Durability::consistent;

  /// How long a write waits for other writers before it gives up with `unavailable`.
  std::chrono::milliseconds timeout = std::chrono::seconds{60};

  /// Permission bits of new files.
  std::uint32_t mode = 0600;

  /// How long closing may take to compact a cache of which a third and more is out of use; the
  /// shards share it. 0: it never does. See docs/cache/README.md.
  std::chrono::milliseconds compact_on_close = LmdbOptions{}.compact_on_close;
};

/// Told that the entry of `key` is no longer what it was. Called once for each entry that was
/// removed or replaced by this handle, in order, after the outermost commit, in the thread that
/// made it and outside of the transaction: it may use the cache. Changes that are undone are not
/// told, nor are entries removed because they were damaged, nor what other processes do. What it
/// throws goes to the log hook.
using RemovalHook = std::function<void(const Key& key, RemovalCause cause)>;

/// What acts in a cache. What is pointed to must outlive the cache.
struct CacheHooks {
  const Clock* clock = &Clock::system();
  Io* io = &Io::system();
  LogSink log = {};

  /// Hears of removals.
  RemovalHook on_remove = {};

  /// A policy of your own, used while `CacheSettings::eviction` is `custom`. One object for one
  /// handle; all processes must give the same policy.
  std::shared_ptr<EvictionPolicy> eviction_policy = nullptr;

  /// Removes expired entries this often in a thread of the cache's own, between 1 ms and a day, in
  /// small batches; of all processes that ask for it, one at a time. Expired entries are never
  /// returned, with or without: it only gives back their space where writes, which do so in
  /// passing, are rare. After `fork` it goes on in the parent only. Unset: no thread.
  std::optional<Duration> reap_every = std::nullopt;
};

/// How one entry is stored.
struct PutOptions {
  /// The entry expires this long after now. Zero or less: it is expired at once, never returned,
  /// and goes with the next cleanup. Unset: the cache's `expire_after_write`.
  std::optional<Duration> ttl = std::nullopt;

  /// The entry expires at this time; wins over `ttl`.
  std::optional<WallTime> expires_at = std::nullopt;

  /// The entry also expires this long after its last use. Uses within an eighth of that time after
  /// the one before are not noted, so that most reads write nothing. Above zero.
  std::optional<Duration> idle_ttl = std::nullopt;

  /// An entry that expires is kept this much longer, for `get_or_load()` to fall back to. One that
  /// does not expire forgets it.
  Duration stale_for = Duration::zero();

  /// Labels to erase many entries by, each up to 65535 bytes. Order and repetition do not matter.
  std::vector<std::string> tags = {};
};

/// How one entry is read.
struct ReadOptions {
  /// What was stored this long ago or longer is not returned.
  std::optional<Duration> max_age = std::nullopt;
};

/// Numbers since the cache was created or `reset_stats()` was called, over all processes. Kept in
/// shared memory: after a crash of the machine they may be old. What a transaction did is counted
/// at once, even if the transaction fails later.
struct CacheStats {
  std::uint64_t hits = 0;            ///< Reads (`get`, `get_entry`, `at`, `pop`) that found one.
  std::uint64_t misses = 0;          ///< Reads that found nothing, an expired or an unusable entry.
  std::uint64_t puts = 0;            ///< Values stored.
  std::uint64_t erased = 0;          ///< Entries removed because someone asked.
  std::uint64_t expired = 0;         ///< Entries removed because their time was over.
  std::uint64_t evicted = 0;         ///< Entries removed to make room.
  std::uint64_t schema_misses = 0;   ///< Of the misses: the value was stored as another type.
  std::uint64_t corrupt_misses = 0;  ///< Of the misses: the record was damaged.
  std::uint64_t loads = 0;           ///< Calls of loaders by `get_or_load`.
  std::uint64_t load_failures = 0;   ///< Of the loads: the loader threw.
  std::uint64_t stale_hits = 0;      ///< Of the hits: expired values that a load fell back to.
  CacheLatencies latencies = {};     ///< How long operations took.

  /// Hits among all reads, 0 if there was none.
  [[nodiscard]] double hit_rate() const noexcept {
    const std::uint64_t reads = hits + misses;
    return reads == 0 ? 0.0 : static_cast<double>(hits) / static_cast<double>(reads);
  }
};

/// What `Cache::verify()` found.
struct VerifyReport {
  std::uint64_t entries = 0;               ///< Entries looked at.
  std::uint64_t bytes = 0;                 ///< Their bytes.
  std::vector<std::string> problems = {};  ///< One line for each; empty if all is well.
};

/// What `Cache::repair()` did.
struct RepairReport {
  std::uint64_t entries = 0;               ///< Entries that are there afterwards.
  std::uint64_t removed = 0;               ///< Entries whose value was lost: they are gone.
  std::uint64_t lost_shards = 0;           ///< Shards that were gone, with all their entries.
  std::vector<std::string> problems = {};  ///< One line for each thing that was wrong.
  /// Files whose pages were damaged, as they were: to be removed once nobody needs them.
  std::vector<std::filesystem::path> kept = {};
};

/// Called now and then with how many entries are done, and how many there are. Must not write.
using CacheProgress = FunctionRef<void(std::uint64_t done, std::uint64_t total)>;
inline constexpr auto no_progress = [](std::uint64_t, std::uint64_t) {};

}  // namespace larder
