// SPDX-License-Identifier: Apache-2.0
#include "cache/policy/frequency_sketch.h"

#include <algorithm>

namespace larder::detail {

namespace {

constexpr std::uint64_t most = 15;

}  // namespace

// Each row has two words of the block. The block is chosen by the low bits of the hash, the
// counters by five of the upper bits each.
FrequencySketch::Counter FrequencySketch::counter(std::uint64_t hash, unsigned row) const noexcept {
  const std::size_t block = (hash & (words_.size() / block_words - 1)) * block_words;
  const auto bits = static_cast<unsigned>(hash >> (44U + 5U * row)) & 31U;
  return {&words_[block + std::size_t{row} * 2 + (bits & 1U)], (bits >> 1U) * 4};
}

void FrequencySketch::add(std::uint64_t hash) noexcept {
  bool has_changed = false;
  for (unsigned row = 0; row < rows; ++row) {
    const auto [word, shift] = counter(hash, row);
    const std::uint64_t counters = word->get();
    if (((counters >> shift) & most) == most) continue;
    word->set(counters + (std::uint64_t{1} << shift));
    has_changed = true;
  }
  if (has_changed) age_->additions.set(age_->additions.get() + 1);
}

unsigned FrequencySketch::frequency(std::uint64_t hash) const noexcept {
  std::uint64_t lowest = most;
  for (unsigned row = 0; row < rows; ++row) {
    const auto [word, shift] = counter(hash, row);
    lowest = std::min(lowest, (word->get() >> shift) & most);
  }
  return static_cast<unsigned>(lowest);
}

void FrequencySketch::set_period(std::uint64_t additions) noexcept {
  if (age_->period.get() != additions) age_->period.set(additions);
}

void FrequencySketch::age() noexcept {
  const std::uint64_t additions = age_->additions.get();
  const std::uint64_t period = age_->period.get();
  if (period == 0 || additions < period) return;
  constexpr std::uint64_t lower_bits = 0x7777777777777777U;
  for (Word& word : words_) {
    const std::uint64_t counters = word.get();
    if (counters != 0) word.set((counters >> 1U) & lower_bits);
  }
  age_->additions.set(additions / 2);
}

}  // namespace larder::detail
