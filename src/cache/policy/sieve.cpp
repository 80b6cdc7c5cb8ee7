// SPDX-License-Identifier: Apache-2.0
#include "cache/policy/sieve.h"

#include <vector>

namespace larder::detail {

std::string Sieve::memory_name() const { return "sieve." + std::to_string(size_.bits); }

std::size_t Sieve::memory_bytes() const {
  return SharedCut::bytes<Shared<std::uint64_t>>(1) +
         SharedCut::bytes<Shared<std::uint8_t>>(size_.places());
}

void Sieve::attach(std::span<std::byte> memory) {
  SharedCut cut(memory);
  hand_ = cut.take<Shared<std::uint64_t>>(1).data();
  visited_ = cut.take<Shared<std::uint8_t>>(size_.places());
}

void Sieve::note_use(std::uint64_t sequence, BytesView /*key*/) noexcept {
  Shared<std::uint8_t>& mark = visited(sequence);
  if (mark.get() == 0) mark.set(1);
}

void Sieve::note_store(std::uint64_t sequence, BytesView /*key*/) noexcept {
  visited(sequence).set(0);
}

std::optional<std::uint64_t> Sieve::choose(Residents& residents) {
  constexpr std::uint64_t most_steps = 65536;
  std::size_t batch = 4;  // the first is the one, more often than not
  std::vector<std::uint64_t> next;
  std::uint64_t hand = hand_->get();
  for (std::uint64_t steps = 0; steps < most_steps + batch;) {
    next.clear();
    residents.list(hand, batch + 1, next);
    if (next.empty() && hand == 0) break;
    for (std::size_t i = 0; i < next.size() && i < batch; ++i, ++steps) {
      const std::uint64_t sequence = next[i];
      if (sequence == residents.pinned()) continue;
      if (visited(sequence).get() == 0 || steps >= most_steps) {
        // The end of the order is where a lap ends, even if new entries come behind it later.
        hand_->set(i + 1 < next.size() ? next[i + 1] : 0);
        return sequence;
      }
      visited(sequence).set(0);
    }
    hand = next.size() > batch ? next[batch] : 0;
    if (batch < 256) batch *= 4;
  }
  return std::nullopt;
}

}  // namespace larder::detail
