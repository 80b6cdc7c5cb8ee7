// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <ostream>
#include <string>

#include "larder/cache/options.h"

namespace larder {

/// So that a failed test names the policy.
inline void PrintTo(Eviction eviction, std::ostream* out) { *out << to_string(eviction); }

namespace test {

/// All that evict.
inline constexpr std::array<Eviction, 9> evicting_policies = {
    Eviction::fifo,      Eviction::lru, Eviction::lfu,    Eviction::sieve, Eviction::s3_fifo,
    Eviction::w_tinylfu, Eviction::mru, Eviction::random, Eviction::custom};

/// Those whose choice is determined by what happened.
inline constexpr std::array<Eviction, 7> exact_policies = {
    Eviction::fifo,    Eviction::lru,       Eviction::lfu, Eviction::sieve,
    Eviction::s3_fifo, Eviction::w_tinylfu, Eviction::mru};

/// Those that keep what is used.
inline constexpr std::array<Eviction, 5> protecting_policies = {
    Eviction::lru, Eviction::lfu, Eviction::sieve, Eviction::s3_fifo, Eviction::w_tinylfu};

/// Names tests after their policy.
inline constexpr auto policy_name = [](const auto& test) {
  return std::string(to_string(test.param));
};

}  // namespace test
}  // namespace larder
