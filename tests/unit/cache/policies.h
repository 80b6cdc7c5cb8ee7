// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <ostream>
#include <string>

#include "larder/cache/options.h"

namespace larder::test {

/// A policy and its name in messages.
struct NamedPolicy {
  Eviction eviction = Eviction::fifo;
  const char* name = "";

  friend std::ostream& operator<<(std::ostream& out, const NamedPolicy& policy) {
    return out << policy.name;
  }
};

/// All that evict.
inline constexpr std::array<NamedPolicy, 9> evicting_policies = {
    {{Eviction::fifo, "fifo"},
     {Eviction::lru, "lru"},
     {Eviction::lfu, "lfu"},
     {Eviction::sieve, "sieve"},
     {Eviction::s3_fifo, "s3_fifo"},
     {Eviction::w_tinylfu, "w_tinylfu"},
     {Eviction::mru, "mru"},
     {Eviction::random, "random"},
     {Eviction::custom, "custom"}}};

/// Those whose choice is determined by what happened.
inline constexpr std::array<NamedPolicy, 7> exact_policies = {{{Eviction::fifo, "fifo"},
                                                               {Eviction::lru, "lru"},
                                                               {Eviction::lfu, "lfu"},
                                                               {Eviction::sieve, "sieve"},
                                                               {Eviction::s3_fifo, "s3_fifo"},
                                                               {Eviction::w_tinylfu, "w_tinylfu"},
                                                               {Eviction::mru, "mru"}}};

/// Those that keep what is used.
inline constexpr std::array<NamedPolicy, 5> protecting_policies = {
    {{Eviction::lru, "lru"},
     {Eviction::lfu, "lfu"},
     {Eviction::sieve, "sieve"},
     {Eviction::s3_fifo, "s3_fifo"},
     {Eviction::w_tinylfu, "w_tinylfu"}}};

}  // namespace larder::test
