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
  FrequencySketch(Age& age, std::span<Word> words) : age_(&age), words_(words) {}

  void add(std::uint64_t hash) noexcept;
  [[nodiscard]] unsigned frequency(std::uint64_t hash) const noexcept;

  /// After how many additions the counters are halved.
  void set_period(std::uint64_t additions) noexcept;
  /// Halves the counters if it is time. Within updates only.
  void age() noexcept;

 private:
  static constexpr unsigned rows = 4;
  static constexpr std::size_t block_words = 8;

  struct Counter {
    Word* word;
    unsigned shift;
  };
  [[nodiscard]] Counter counter(std::uint64_t hash, unsigned row) const noexcept;

  Age* age_ = nullptr;
  std::span<Word> words_;
};

}  // namespace larder::detail
