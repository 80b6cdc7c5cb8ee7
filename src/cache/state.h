// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>

#include "cache/files/file_store.h"
#include "cache/flights.h"
#include "cache/layout.h"
#include "cache/meta.h"
#include "cache/policy_in_force.h"
#include "cache/statistics.h"
#include "cache/temporary_directory.h"
#include "larder/cache/detail/cache_core.h"

namespace larder::detail {

/// What all functions of one cache share. Nothing in it minds a fork.
struct CacheCore::State {
  State(EnginePtr engine_, CacheHooks hooks_, BytesView prefix);

  /// Settings and counters as stored now.
  [[nodiscard]] Meta meta() const;

  /// Takes over settings that another process may have changed.
  void adopt(const Settings& settings) const;

  void log(LogLevel level, const std::string& message) const {
    if (hooks.log) hooks.log(level, message);
  }

  std::unique_ptr<TemporaryDirectory> temporary;  // first: goes last, after the engine
  EnginePtr engine;
  CacheHooks hooks;
  Layout layout;
  Statistics statistics;
  std::shared_ptr<FileStore> files;  // shared with what waits for the end of an update
  std::filesystem::path path = {};

  mutable Flights flights;

  // Hints for readers; the truth is in the database.
  mutable PolicyInForce eviction;
  mutable std::atomic<std::uint64_t> compress_above_bytes = no_limit;
  mutable std::atomic<std::uint64_t> file_above_bytes = no_limit;
};

/// Settings and counters of a cache; the defaults if nothing was ever stored.
/// @throws Error `corrupt`, `not_supported`
[[nodiscard]] Meta load_meta(ReadTxn& txn, const Layout& layout);

}  // namespace larder::detail
