// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>

#include "larder/cache/options.h"
#include "larder/core/clock.h"
#include "larder/core/executor.h"

namespace larder {

/// What a loader returns that decides by the value whether it is stored. Who waits for one that is
/// not loads as well; what is stored already stays as it is.
template <typename T>
struct Loaded {
  T value;
  bool is_stored = true;
};

/// How `Cache::get_or_load()` finds, computes and stores a value.
struct LoadOptions {
  /// How a loaded value is stored. With `put.stale_for`, a value that expired no longer ago than
  /// that is returned as long as there is nothing newer: while another caller loads, while
  /// `refresh_on` does, and if the loader throws.
  PutOptions put = {};

  /// What was stored this long ago or longer is loaded again.
  std::optional<Duration> max_age = std::nullopt;

  /// How eagerly a value is loaded again before it expires, so that not all find it expired at the
  /// same moment: 0 is never, 1 is right in most cases, more is earlier. Values that took longer to
  /// load are renewed earlier. (Vattani, Chierichetti, Lowenstein: Optimal Probabilistic Cache
  /// Stampede Prevention, VLDB 2015.)
  double early_refresh = 0.0;

  /// If the loader finds that there is no value, that is remembered this long. Unset: not at all.
  std::optional<Duration> absent_ttl = std::nullopt;

  /// How long to wait for another caller that is loading the same key. Unset: as long as it lives.
  std::optional<std::chrono::milliseconds> timeout = std::nullopt;

  /// Where a value that may still be returned is loaded again; the caller then does not wait. What
  /// a loader throws there goes to the log hook. Cache, loader and executor must outlive the task.
  /// Unset: in the caller.
  Executor refresh_on = {};
};

}  // namespace larder
