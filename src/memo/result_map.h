// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "cache/hashed_key.h"
#include "cache/policy/memory_residents.h"
#include "core/read_mostly_mutex.h"
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

  /// Whether a look at a result counts as a use, and as a hit.
  enum class Use { counted, none };

  /// Calls `look(const KeptResult&)` if `key` has a result; false says that it is not to be used.
  /// Returns what `look` does. Must not do anything else with the map.
  template <typename Look>
  bool look(const Key& key, Use use, Look look) {
    const HashedView wanted = hashed(key);
    std::uint64_t sequence = 0;
    {
      const Results::ReadLock lock(results_);
      const Map& map = of(wanted);
      const auto found = map.find(wanted);
      if (found == map.end() || !look(found->second.result)) return false;
      if (use == Use::counted) ++lock.data().hits;
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
  using Map = std::unordered_map<HashedKey, Slot, HashOf, SameKey>;
  struct Counts {
    std::uint64_t hits = 0;
  };
  using Results = ReadMostlyMutex<Counts>;
  struct alignas(64) Line {
    std::array<std::byte, 64> bytes;
  };
  /// Many small maps: when one grows, readers wait for it alone to be arranged anew.
  static constexpr std::size_t map_count = 64;

  [[nodiscard]] Map& of(const HashedView& key) noexcept LARDER_REQUIRES_SHARED(results_) {
    return maps_[key.hash >> 58U];
  }
  /// That of `key`, or null.
  [[nodiscard]] Slot* slot_of(const HashedView& key) LARDER_REQUIRES(order_);
  bool replace(const HashedView& key, KeptResult& result) LARDER_REQUIRES(order_);
  bool make_room(GoneResults& gone) LARDER_REQUIRES(order_);
  void add(const HashedKey& key, KeptResult result) LARDER_REQUIRES(order_);
  GoneResult take(std::uint64_t sequence, RemovalCause cause) LARDER_REQUIRES(order_);
  GoneResults take_everything() LARDER_REQUIRES(order_);

  MemoryOptions options_;
  std::vector<Line> policy_memory_;
  std::shared_ptr<EvictionPolicy> policy_;  // null: nothing is evicted
  Mutex order_;                             // of all changes; before `results_`
  MemoryResidents residents_ LARDER_GUARDED_BY(order_);
  Results results_;
  std::array<Map, map_count> maps_ LARDER_GUARDED_BY(results_);
};

}  // namespace larder::detail
