// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "cache/hashed_key.h"
#include "cache/policy/memory_residents.h"
#include "larder/cache/eviction_policy.h"
#include "larder/core/clock.h"
#include "larder/core/mutex.h"
#include "larder/memo/detail/result_table.h"
#include "larder/memo/memory.h"

namespace larder::detail {

/// A result, or what was thrown instead of one, as it is kept.
struct KeptResult {
  ResultObject object = nullptr;
  std::exception_ptr error = nullptr;
  WallTime stored_at = {};
  std::optional<WallTime> expires_at = std::nullopt;
  Duration load_time = Duration::zero();
};

/// A result that is not kept any more, or not at all.
struct GoneResult {
  Bytes key;
  KeptResult result;
};
using GoneResults = std::vector<GoneResult>;

/// A bounded map of keys to results. The policies are those of `Cache`: they note uses without a
/// lock, and see the entries by their sequence numbers.
///
/// Thread-safe. Nothing that it lets go is destroyed while it holds a lock.
class ResultMap {
 public:
  /// @throws Error `invalid_argument` for `Eviction::custom` without a policy
  ResultMap(const MemoryOptions& options, std::shared_ptr<EvictionPolicy> own);

  /// Whether a look at a result counts as a use and, if so, as a hit.
  enum class Use { counted, uncounted, none };

  /// Calls `look(const KeptResult&)` if `key` has a result; false says that it is not to be used.
  /// Returns what `look` does. Must not do anything else with the map.
  template <typename Look>
  bool look(const Key& key, Use use, Look look) {
    const HashedView wanted = hashed(key);
    Stripe& stripe = of(wanted);
    std::uint64_t sequence = 0;
    {
      const MutexLock lock(stripe.mutex);
      const auto found = stripe.map.find(wanted);
      if (found == stripe.map.end() || !look(found->second.result)) return false;
      if (use == Use::counted) ++stripe.hits;
      sequence = found->second.sequence;
    }
    if (use != Use::none && policy_ != nullptr) policy_->note_use(sequence, wanted.key);
    return true;
  }

  /// Keeps `result`. Returns what went for it: it itself if there is no room for it.
  [[nodiscard]] GoneResults keep(const Key& key, KeptResult result);

  /// Removes the result of `key`.
  std::optional<KeptResult> take(const Key& key);

  /// Removes all results.
  [[nodiscard]] GoneResults take_all();

  /// Copies all results.
  [[nodiscard]] GoneResults all();

  [[nodiscard]] std::uint64_t size();
  [[nodiscard]] std::uint64_t hits();
  void reset_hits();

 private:
  struct Slot {
    KeptResult result;
    std::uint64_t sequence;
  };
  struct alignas(64) Stripe {
    Mutex mutex;
    std::unordered_map<HashedKey, Slot, HashOf, SameKey> map LARDER_GUARDED_BY(mutex);
    std::uint64_t hits LARDER_GUARDED_BY(mutex) = 0;
  };
  struct alignas(64) Line {
    std::array<std::byte, 64> bytes;
  };
  static constexpr std::size_t stripe_count = 64;

  [[nodiscard]] Stripe& of(const HashedView& key) noexcept { return stripes_[key.hash >> 58U]; }
  bool replace(const HashedView& key, KeptResult& result) LARDER_REQUIRES(order_);
  bool make_room(GoneResults& gone) LARDER_REQUIRES(order_);
  void add(const HashedKey& key, KeptResult result) LARDER_REQUIRES(order_);
  GoneResult take(std::uint64_t sequence, RemovalCause cause) LARDER_REQUIRES(order_);
  GoneResults take_everything() LARDER_REQUIRES(order_);

  MemoryOptions options_;
  std::vector<Line> policy_memory_;
  std::shared_ptr<EvictionPolicy> policy_;  // null: nothing is evicted
  Mutex order_;                             // of all changes; before the mutexes of stripes
  MemoryResidents residents_ LARDER_GUARDED_BY(order_);
  std::array<Stripe, stripe_count> stripes_;
};

}  // namespace larder::detail
