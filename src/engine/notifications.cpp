// SPDX-License-Identifier: Apache-2.0

// Waiting for another thread or process, asleep in the kernel: a futex in memory that all share.
// Names share a fixed number of words; to be woken for another name only costs a look.

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <span>

#include "larder/engine/engine.h"

namespace larder {
namespace {

using Shared = std::atomic_ref<std::uint32_t>;
static_assert(Shared::is_always_lock_free, "shared memory needs atomics without locks");

constexpr std::size_t words = 64;

// A cache line of its own.
struct alignas(64) Word {
  std::uint32_t count;    // of notifications
  std::uint32_t waiting;  // how many wait, or were killed while they did
};

Word& word_of(Engine& engine, BytesView name) {
  const std::span<std::byte> memory = engine.shared_memory("notify", words * sizeof(Word));
  // The same in all processes: FNV-1a.
  std::uint32_t hash = 2166136261U;
  for (const std::byte byte : name) hash = (hash ^ static_cast<std::uint32_t>(byte)) * 16777619U;
  return reinterpret_cast<Word*>(memory.data())[hash % words];
}

void sleep_on(std::uint32_t& word, std::uint32_t seen, SteadyTime deadline) {
  // SteadyTime is CLOCK_MONOTONIC, in which this operation counts its time.
  const auto since = std::max(deadline.time_since_epoch(), SteadyTime::duration::zero());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  const timespec until{
      .tv_sec = static_cast<time_t>(seconds.count()),
      .tv_nsec = static_cast<long>(std::chrono::nanoseconds(since - seconds).count())};
  ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, seen, &until, nullptr, FUTEX_BITSET_MATCH_ANY);
}

}  // namespace

std::uint32_t Engine::notifications(BytesView name) {
  return Shared(word_of(*this, name).count).load();
}

void Engine::notify(BytesView name) {
  Word& word = word_of(*this, name);
  // In one order with what a waiter does: either it sees the count, or it is seen to wait.
  Shared(word.count).fetch_add(1);
  if (Shared(word.waiting).load() == 0) return;
  ::syscall(SYS_futex, &word.count, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

void Engine::wait(BytesView name, std::uint32_t seen, SteadyTime deadline) {
  Word& word = word_of(*this, name);
  Shared(word.waiting).fetch_add(1);
  // The kernel looks at the count before it puts anybody to sleep.
  sleep_on(word.count, seen, deadline);
  Shared(word.waiting).fetch_sub(1);
}

}  // namespace larder
