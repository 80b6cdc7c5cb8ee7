// SPDX-License-Identifier: Apache-2.0
#include "cache/policy/frequency_sketch.h"

#include <algorithm>

namespace larder::detail {

namespace {

constexpr std::uint64_t most = 15;

}  // namespace

// Each row has two words of the block. The block is chosen by the low bits of the hash, the
// counters by five of the upper bits each.
template <typename Visit>
void FrequencySketch::for_each_row(std::uint64_t hash, Visit visit) const noexcept {
  Word* words = &words_[(hash & block_mask_) * block_words];
  std::uint64_t bits = hash >> (64U - 5U * rows);
  for (unsigned row = 0; row < rows; ++row, words += 2, bits >>= 5U) {
    visit(words[bits & 1U], static_cast<unsigned>(bits & 30U) * 2);
  }
}

void FrequencySketch::add(std::uint64_t hash) noexcept {
  bool has_changed = false;
  for_each_row(hash, [&](Word& word, unsigned shift) {
    const std::uint64_t counters = word.get();
    if (((counters >> shift) & most) == most) return;
    word.set(counters + (std::uint64_t{1} << shift));
    has_changed = true;
  });
  if (has_changed) age_->additions.set(age_->additions.get() + 1);
}

unsigned FrequencySketch::frequency(std::uint64_t hash) const noexcept {
  std::uint64_t lowest = most;
  for_each_row(hash, [&](const Word& word, unsigned shift) {
    lowest = std::min(lowest, (word.get() >> shift) & most);
  });
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
