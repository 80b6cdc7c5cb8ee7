// SPDX-License-Identifier: Apache-2.0
#include "cache/statistics.h"

#include <unistd.h>

#include <atomic>

#include "larder/core/process.h"
#include "larder/core/random.h"

namespace larder::detail {

namespace {

using Shared = std::atomic_ref<std::uint64_t>;
static_assert(Shared::is_always_lock_free, "shared memory needs atomics without locks");

// A number that differs between the threads of all processes, a child made by fork included: the
// main threads of many processes would otherwise all meet in the first stripe.
std::uint64_t thread_number() noexcept {
  struct Number {
    std::uint64_t value = 0;
    std::uint64_t generation = ~std::uint64_t{0};
  };
  static std::atomic<std::uint64_t> threads{0};
  thread_local Number number;
  const std::uint64_t generation = fork_generation();
  if (number.generation != generation) {
    Random mix((static_cast<std::uint64_t>(::getpid()) << 32U) + threads.fetch_add(1));
    number = {.value = mix(), .generation = generation};
  }
  return number.value;
}

}  // namespace

Statistics::Statistics(Engine& engine, const std::string& name) {
  constexpr std::size_t count = stripes * event_kinds;
  const std::span<std::byte> memory =
      engine.shared_memory(name + ".stats", (count + 1) * sizeof(std::uint64_t));
  is_read_only_ = engine.place().is_read_only;
  counters_ = {reinterpret_cast<std::uint64_t*>(memory.data()), count};
  cleared_below_ = counters_.data() + count;
}

std::uint64_t Statistics::cleared_below() const noexcept {
  return Shared(*cleared_below_).load(std::memory_order_acquire);
}

void Statistics::raise_cleared_below(std::uint64_t least) const noexcept {
  if (is_read_only_) return;
  const Shared shared(*cleared_below_);
  std::uint64_t seen = shared.load(std::memory_order_relaxed);
  while (seen < least && !shared.compare_exchange_weak(seen, least)) {
  }
}

std::uint64_t* Statistics::stripe() const noexcept {
  return &counters_[(thread_number() % stripes) * event_kinds];
}

void Statistics::add(Event event) const noexcept {
  if (is_read_only_) return;
  Shared(stripe()[static_cast<std::size_t>(event)]).fetch_add(1, std::memory_order_relaxed);
}

void Statistics::add(const Tally& tally) const noexcept {
  if (is_read_only_) return;
  std::uint64_t* counters = stripe();
  for (std::size_t i = 0; i < event_kinds; ++i) {
    if (tally.all()[i] == 0) continue;
    Shared(counters[i]).fetch_add(tally.all()[i], std::memory_order_relaxed);
  }
}

std::uint64_t Statistics::sum(Event event) const noexcept {
  std::uint64_t total = 0;
  for (std::size_t i = static_cast<std::size_t>(event); i < counters_.size(); i += event_kinds) {
    total += Shared(counters_[i]).load(std::memory_order_relaxed);
  }
  return total;
}

CacheStats Statistics::read() const noexcept {
  return {.hits = sum(Event::hit),
          .misses = sum(Event::miss),
          .puts = sum(Event::put),
          .erased = sum(Event::erased),
          .expired = sum(Event::expired),
          .evicted = sum(Event::evicted),
          .schema_misses = sum(Event::schema_miss),
          .corrupt_misses = sum(Event::corrupt_miss),
          .loads = sum(Event::load),
          .load_failures = sum(Event::load_failure),
          .stale_hits = sum(Event::stale_hit)};
}

void Statistics::reset() const noexcept {
  for (std::uint64_t& counter : counters_) Shared(counter).store(0, std::memory_order_relaxed);
}

}  // namespace larder::detail
