// SPDX-License-Identifier: Apache-2.0
#include "cache/policy/candidate_pool.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "larder/core/random.h"

namespace larder::detail {

namespace {

constexpr std::uint64_t exact_entries = 1024;
constexpr std::uint64_t places = 64;
constexpr std::size_t neighbours = 16;
constexpr std::size_t most_newcomers = 64;

std::vector<std::uint64_t> draw(Residents& residents) {
  std::vector<std::uint64_t> drawn;
  const std::uint64_t end = residents.end();
  if (residents.entries() <= exact_entries) {
    residents.list(0, exact_entries + 1, drawn);
    return drawn;
  }
  const std::uint64_t first = residents.first();
  Random random(end);  // any seed will do, if only it changes
  for (std::uint64_t i = 0; i < places; ++i) {
    residents.list(first + random.below(end - first), neighbours, drawn);
  }
  std::ranges::sort(drawn);
  const auto twice = std::ranges::unique(drawn);
  drawn.erase(twice.begin(), twice.end());
  return drawn;
}

}  // namespace

std::optional<std::uint64_t> CandidatePool::lowest(Residents& residents, Score score) {
  // What was not remembered is not below the highest that was.
  const Candidate highest{memory_.highest_score.get(), memory_.highest_sequence.get()};
  if (const auto known = lowest_known(residents, score, highest)) return known;
  sample(residents, score);
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  return lowest_known(residents, score, {most, most});
}

std::optional<std::uint64_t> CandidatePool::lowest_known(Residents& residents, Score score,
                                                         const Candidate& limit) {
  std::vector<std::uint64_t> newcomers;
  if (newcomers_ == Newcomers::anywhere) {
    residents.list(memory_.sampled_end.get(), most_newcomers + 1, newcomers);
    if (newcomers.size() > most_newcomers) return std::nullopt;
  }
  for (;;) {
    std::optional<Candidate> best;
    const auto look_at = [&](std::uint64_t sequence) {
      if (sequence == 0 || sequence == residents.pinned()) return;
      const Candidate candidate{score(sequence), sequence};
      if (!best || candidate < *best) best = candidate;
    };
    for (const auto& sequence : memory_.sequences) look_at(sequence.get());
    for (const std::uint64_t sequence : newcomers) look_at(sequence);
    if (!best || *best > limit) return std::nullopt;
    if (residents.contains(best->sequence)) return best->sequence;
    forget(best->sequence);
  }
}

void CandidatePool::forget(std::uint64_t gone) {
  for (auto& sequence : memory_.sequences) {
    if (sequence.get() == gone) sequence.set(0);
  }
}

void CandidatePool::sample(Residents& residents, Score score) {
  std::vector<Candidate> candidates;
  for (const std::uint64_t sequence : draw(residents)) {
    candidates.push_back({score(sequence), sequence});
  }
  const std::size_t count = std::min(candidates.size(), Memory::size);
  std::ranges::partial_sort(candidates, candidates.begin() + static_cast<std::ptrdiff_t>(count));
  for (std::size_t i = 0; i < Memory::size; ++i) {
    memory_.sequences[i].set(i < count ? candidates[i].sequence : 0);
  }
  const Candidate highest = count == 0 ? Candidate{} : candidates[count - 1];
  memory_.highest_score.set(highest.score);
  memory_.highest_sequence.set(highest.sequence);
  memory_.sampled_end.set(residents.end());
}

}  // namespace larder::detail
