// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "cache/policy/shared.h"
#include "larder/cache/eviction_policy.h"
#include "larder/core/function_ref.h"

namespace larder::detail {

/// Finds the entry with the lowest score, for policies whose scores only grow.
///
/// Up to 1024 entries all are compared and the choice is exact. Above, 1024 candidates are
/// compared: 64 places in the insertion order are drawn and 16 neighbours taken at each, so that
/// the lowest of a sample lie, nearly always, among the lowest percent of all. That takes some
/// fifty microseconds; so the 32 lowest are remembered, and chosen from as long as nothing that was
/// not remembered can be lower. (Redis keeps such a pool for its approximated LRU.)
///
/// Not thread-safe: used within updates, which come one at a time. The memory may be lost.
class CandidatePool {
 public:
  /// The score of an entry now.
  using Score = FunctionRef<std::uint64_t(std::uint64_t sequence)>;

  /// Whether the score of a new entry is above those of all others.
  enum class Newcomers { last, anywhere };

  /// Lies in shared memory; all zero is an empty pool.
  struct Memory {
    static constexpr std::size_t size = 32;

    Shared<std::uint64_t> sampled_end;    ///< Entries from here on came after the sample.
    Shared<std::uint64_t> highest_score;  ///< Of those remembered. Ties: the older is lower.
    Shared<std::uint64_t> highest_sequence;
    Shared<std::uint64_t> sequences[size];  ///< 0 is none.
  };

  CandidatePool(Memory& memory, Newcomers newcomers) : memory_(memory), newcomers_(newcomers) {}

  /// The entry with the lowest score, the oldest of several; nothing if there is none.
  [[nodiscard]] std::optional<std::uint64_t> lowest(Residents& residents, Score score);

 private:
  struct Candidate {
    std::uint64_t score = 0;
    std::uint64_t sequence = 0;

    friend auto operator<=>(const Candidate&, const Candidate&) = default;
  };

  std::optional<std::uint64_t> lowest_known(Residents& residents, Score score,
                                            const Candidate& limit);
  void sample(Residents& residents, Score score);
  void forget(std::uint64_t gone);

  Memory& memory_;
  Newcomers newcomers_;
};

}  // namespace larder::detail
