// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "larder/cache/eviction_policy.h"
#include "larder/cache/options.h"
#include "larder/core/clock.h"
#include "larder/core/log.h"
#include "larder/memo/result_archive.h"

namespace larder {

/// What happens when a memory is full. With an archive, nothing is lost either way.
enum class Overflow {
  evict,      ///< The policy chooses one result, which goes to the archive if there is one.
  spill_all,  ///< All results go to the archive; needs one.
};

/// How results are kept in the memory of this process.
struct MemoryOptions {
  /// The memory makes room before it keeps more results than this. 0 keeps none, `no_limit` all.
  std::uint64_t max_entries = 10'000;

  /// Which result goes first. With `none` those that are there stay, and new ones are not kept. The
  /// default costs a hit the least; see docs/memo/README.md.
  Eviction eviction = Eviction::sieve;

  Overflow overflow = Overflow::evict;
};

/// What acts in a memory. What is pointed to must outlive the memoized function.
struct MemoryHooks {
  const Clock* clock = &Clock::system();

  /// Hears of failures in the background, and of an archive that fails.
  LogSink log = {};

  /// Where results go that are evicted, and where they are looked for before they are computed.
  std::shared_ptr<ResultArchive> archive = nullptr;

  /// A policy of your own, used with `Eviction::custom`; serves one memory.
  std::shared_ptr<EvictionPolicy> eviction_policy = nullptr;
};

}  // namespace larder
