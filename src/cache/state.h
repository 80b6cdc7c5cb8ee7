// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>

#include "cache/files/file_store.h"
#include "cache/flights.h"
#include "cache/latency.h"
#include "cache/layout.h"
#include "cache/meta.h"
#include "cache/policy_in_force.h"
#include "cache/reaper.h"
#include "cache/record.h"
#include "cache/statistics.h"
#include "cache/temporary_directory.h"
#include "larder/cache/detail/cache_core.h"
#include "larder/core/error.h"

namespace larder::detail {

/// Twice as long in hex, it must be a file name.
inline constexpr std::size_t max_prefix_bytes = 100;

/// What all functions of one cache share. Nothing in it minds a fork.
struct CacheCore::State {
  State(EnginePtr engine_, CacheHooks hooks_, BytesView prefix);

  /// Settings and counters as stored now.
  [[nodiscard]] Meta meta() const;

  /// Whether `record`, as `txn` sees it, was cleared and only waits to be removed.
  [[nodiscard]] bool is_cleared(ReadTxn& txn, const Record& record) const {
    // The hint is raised before the clearing is committed: who sees that sees the hint, too.
    // Who only reads may have no part in the hint.
    return (is_read_only || record.sequence < statistics.cleared_below()) &&
           was_cleared(txn, record);
  }

  /// Takes over settings that another process may have changed.
  void adopt(const Settings& settings) const;

  void log(LogLevel level, const std::string& message) const {
    if (hooks.log) hooks.log(level, message);
  }

  /// The cache that this one is in, or none. First: goes last.
  std::shared_ptr<const CacheCore> parent;
  std::unique_ptr<TemporaryDirectory> temporary;  // goes after the engine
  EnginePtr engine;
  bool is_read_only;
  CacheHooks hooks;
  Layout layout;
  Statistics statistics;
  Latencies latencies;
  std::shared_ptr<FileStore> files;  // shared with what waits for the end of an update
  std::filesystem::path path = {};

  mutable Flights flights;

  // Hints for readers; the truth is in the database.
  mutable PolicyInForce eviction;
  mutable std::atomic<std::uint64_t> compress_above_bytes = no_limit;
  mutable std::atomic<std::uint64_t> file_above_bytes = no_limit;

  std::unique_ptr<Reaper> reaper;  // last: goes first

 private:
  [[nodiscard]] bool was_cleared(ReadTxn& txn, const Record& record) const;
};

/// Makes a cache of `state`: takes over what is stored, changes what `settings` says, cleans up.
[[nodiscard]] std::shared_ptr<CacheCore> start(std::unique_ptr<CacheCore::State> state,
                                               const CacheSettings& settings);

/// What a change of a cache that is open read-only comes to.
[[nodiscard]] Error read_only_error(const std::filesystem::path& path);

/// Settings and counters of a cache; the defaults if nothing was ever stored.
/// @throws Error `corrupt`, `not_supported`
[[nodiscard]] Meta load_meta(ReadTxn& txn, const Layout& layout);

}  // namespace larder::detail
