// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <optional>

#include "larder/core/clock.h"
#include "larder/core/random.h"

namespace larder::detail {

/// Whether a value is to be loaded again: not yet; before its time; because that is over.
enum class Freshness { fresh, early, stale };

/// By a formula of Vattani, Chierichetti and Lowenstein (VLDB 2015): the earlier, the longer a
/// value took to load. `eagerness` is `LoadOptions::early_refresh`.
inline Freshness judge_freshness(std::optional<WallTime> expires_at, Duration load_time,
                                 double eagerness, const Clock& clock) {
  if (!expires_at) return Freshness::fresh;
  const WallTime now = clock.now();
  if (now >= *expires_at) return Freshness::stale;
  if (eagerness <= 0) return Freshness::fresh;
  static thread_local Random random(random_seed());
  constexpr double steps = 1ULL << 53U;
  const double part = (static_cast<double>(random() >> 11U) + 1) / steps;  // in (0, 1]
  const double ahead = static_cast<double>(load_time.count()) * eagerness * -std::log(part);
  const auto left = static_cast<double>((*expires_at - now).count());
  return ahead >= left ? Freshness::early : Freshness::fresh;
}

}  // namespace larder::detail
