// SPDX-License-Identifier: Apache-2.0
#include "cache/recency.h"

#include <span>

namespace larder::detail {

namespace {

using Shared = std::atomic_ref<std::uint32_t>;
constexpr std::size_t slots = std::size_t{1} << 20U;

}  // namespace

// How the shared memory looks. All is accessed atomically.
struct Recency::Board {
  alignas(64) std::uint32_t uses;   // wraps around: ages are differences
  alignas(64) std::uint32_t slack;  // a use this recent need not be noted again
  alignas(64) std::uint32_t last_use[slots];

  std::uint32_t& slot(std::uint64_t sequence) noexcept { return last_use[sequence % slots]; }
};

void Recency::enable() {
  if (board_.load(std::memory_order_acquire) != nullptr) return;
  const std::span<std::byte> memory = engine_.shared_memory(name_ + ".lru", sizeof(Board));
  board_.store(reinterpret_cast<Board*>(memory.data()), std::memory_order_release);
}

void Recency::touch(std::uint64_t sequence) const noexcept {
  Board* board = board_.load(std::memory_order_acquire);
  if (board == nullptr) return;
  Shared slot(board->slot(sequence));
  const std::uint32_t last = slot.load(std::memory_order_relaxed);
  const std::uint32_t uses = Shared(board->uses).load(std::memory_order_relaxed);
  if (last != 0 && uses - last < Shared(board->slack).load(std::memory_order_relaxed)) return;
  slot.store(Shared(board->uses).fetch_add(1, std::memory_order_relaxed) + 1,
             std::memory_order_relaxed);
}

void Recency::set_entries(std::uint64_t entries) const noexcept {
  Board* board = board_.load(std::memory_order_acquire);
  if (board == nullptr) return;
  // A thousandth of the entries is far from the end where victims are sought. Below a thousand
  // entries every use is noted and the order is exact.
  const auto slack = static_cast<std::uint32_t>(entries / 1024 < slots ? entries / 1024 : slots);
  Shared shared(board->slack);
  if (shared.load(std::memory_order_relaxed) != slack) {
    shared.store(slack, std::memory_order_relaxed);
  }
}

std::uint32_t Recency::age(std::uint64_t sequence) const noexcept {
  Board* board = board_.load(std::memory_order_acquire);
  if (board == nullptr) return 0;
  return Shared(board->uses).load(std::memory_order_relaxed) -
         Shared(board->slot(sequence)).load(std::memory_order_relaxed);
}

}  // namespace larder::detail
