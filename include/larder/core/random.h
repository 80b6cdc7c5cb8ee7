// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace larder {

/// A small fast generator of pseudo-random numbers (splitmix64, Steele et al., OOPSLA 2014). The
/// same seed gives the same numbers on every machine. Not for secrets.
///
/// Thread-compatible. Fits the standard's *uniform random bit generator*.
class Random {
 public:
  using result_type = std::uint64_t;

  explicit Random(std::uint64_t seed) noexcept : state_(seed) {}

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return UINT64_MAX; }

  /// The next number.
  result_type operator()() noexcept {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
  }

  /// A number in [0, `bound`); 0 if `bound` is 0. The bias is below 2^-32 for bounds below 2^32.
  std::uint64_t below(std::uint64_t bound) noexcept { return bound == 0 ? 0 : (*this)() % bound; }

 private:
  std::uint64_t state_;
};

/// A seed from the operating system's entropy.
[[nodiscard]] std::uint64_t random_seed();

}  // namespace larder
