// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "cache/policy/shared.h"

namespace larder::detail {

/// How often keys were used of late: a count-min sketch (Cormode and Muthukrishnan, Journal of
/// Algorithms 55, 2005) with aging as in TinyLFU (Einziger, Friedman and Manes, ACM Transactions on
/// Storage 13(4), 2017). Each key has four counters of four bits, all in one cache line; its
/// frequency, at most 15, is the lowest. After a period of additions all counters are halved.
///
/// `add()` may be called by any thread at any time; additions at the same time may count once. Keys
/// at 15 are counted without a write.
class FrequencySketch {
 public:
  struct Age {
    alignas(64) Shared<std::uint64_t> additions;
    alignas(64) Shared<std::uint64_t> period;  // 0: never
  };
  using Word = Shared<std::uint64_t>;  // 16 counters

  FrequencySketch() = default;
  /// `words` has a power of two of them, at least 8.
  FrequencySketch(Age& age, std::span<Word> words)
      : age_(&age), words_(words), block_mask_(words.size() / block_words - 1) {}

  /// Asks for what `add()` of this key will touch.
  void fetch(std::uint64_t hash) const noexcept {
    __builtin_prefetch(&words_[(hash & block_mask_) * block_words], 1);
  }
  void add(std::uint64_t hash) noexcept;
  [[nodiscard]] unsigned frequency(std::uint64_t hash) const noexcept;

  /// After how many additions the counters are halved.
  void set_period(std::uint64_t additions) noexcept;
  /// Halves the counters if it is time. Within updates only.
  void age() noexcept;

 private:
  static constexpr unsigned rows = 4;
  static constexpr std::size_t block_words = 8;

  /// Calls `visit(word, shift)` with the place of each counter of a key.
  template <typename Visit>
  void for_each_row(std::uint64_t hash, Visit visit) const noexcept;

  Age* age_ = nullptr;
  std::span<Word> words_;
  std::size_t block_mask_ = 0;
};

}  // namespace larder::detail
