// SPDX-License-Identifier: Apache-2.0

// Waiting for another thread or process, asleep in the kernel: a futex in memory that all share.
// Names share a fixed number of words; to be woken for another name only costs a look.

#include "engine/notifications.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/futex.h"
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

void end_watch(std::span<Word* const> watched) {
  for (Word* const word : watched) Shared(word->waiting).fetch_sub(1);
}

// Where the kernel cannot watch several words, it is looked at them this often.
constexpr std::chrono::milliseconds look_again{10};

futex_waitv place_of(const void* word, std::uint32_t seen) {
  return {.val = seen,
          .uaddr = reinterpret_cast<std::uintptr_t>(word),
          .flags = FUTEX_32,
          .__reserved = 0};
}

// Returns false if the kernel cannot do that.
bool sleep_on_any(std::span<futex_waitv> places, SteadyTime deadline) {
  if (places.size() > FUTEX_WAITV_MAX) return false;
  timespec until = to_timespec(deadline);
  const long result = ::syscall(SYS_futex_waitv, places.data(),
                                static_cast<unsigned>(places.size()), 0, &until, CLOCK_MONOTONIC);
  return result >= 0 || (errno != ENOSYS && errno != EPERM);
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
  wake_sleepers(&word.count);
}

void Engine::wait(BytesView name, std::uint32_t seen, SteadyTime deadline) {
  Word& word = word_of(*this, name);
  Shared(word.waiting).fetch_add(1);
  // The kernel looks at the count before it puts anybody to sleep.
  sleep_on(&word.count, seen, deadline);
  Shared(word.waiting).fetch_sub(1);
}

void Bell::ring() noexcept {
  rings_.fetch_add(1);
  wake_sleepers(&rings_);
}

void wait_any(std::span<const Awaited> awaited, const Bell& bell, std::uint32_t rings,
              SteadyTime deadline) {
  std::vector<Word*> watched;
  std::vector<futex_waitv> places{place_of(&bell.rings_, rings)};
  for (const Awaited& what : awaited) {
    Word& word = word_of(*what.engine, what.name);
    if (Shared(word.count).load() != what.seen) return end_watch(watched);
    if (std::ranges::find(watched, &word) != watched.end()) continue;
    Shared(word.waiting).fetch_add(1);
    watched.push_back(&word);
    places.push_back(place_of(&word.count, what.seen));
  }
  if (!sleep_on_any(places, deadline)) {
    sleep_on(&bell.rings_, rings,
             std::min<SteadyTime>(deadline, Clock::system().steady_now() + look_again));
  }
  end_watch(watched);
}

}  // namespace larder
