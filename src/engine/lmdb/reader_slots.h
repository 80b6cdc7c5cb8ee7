// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lmdb.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "engine/lmdb/page.h"
#include "larder/core/process.h"

namespace larder::lmdb {

/// Read transactions of this process, kept for reuse: taking one costs one atomic operation on a
/// cache line that mostly one thread uses. Also the gate that keeps readers out while the map
/// moves.
class ReaderSlots {
 public:
  struct alignas(64) Slot {
    std::atomic<std::uint32_t> busy{0};
    bool active = false;     ///< `txn` is a running snapshot.
    MDB_txn* txn = nullptr;  ///< Reset between uses; null before the first.
    /// Where the table of users' data begins, as LMDB's transaction `table_txn` left it.
    TreeRecord table = {};
    std::size_t table_txn = 0;
  };

  explicit ReaderSlots(std::chrono::milliseconds timeout) : timeout_(timeout) {}
  ReaderSlots(const ReaderSlots&) = delete;
  ReaderSlots& operator=(const ReaderSlots&) = delete;
  ~ReaderSlots();

  /// A slot that no other thread uses.
  /// @throws Error `unavailable` if all stay in use for the timeout
  Slot& acquire();
  /// Ends the snapshot, if one runs, and gives the slot back.
  static void release(Slot& slot) noexcept;
  /// Ends the snapshot but keeps the slot.
  static void end(Slot& slot) noexcept;

  /// Takes a slot again that this thread has released.
  void retake(Slot& slot);

  /// Keeps new readers out and waits until all slots are free.
  /// @throws Error `unavailable` after the timeout, with the gate open again
  void close_gate();
  void open_gate() noexcept { closed_.store(false, std::memory_order_seq_cst); }

  /// Ends all transactions for good. Only when nobody uses a slot.
  void abort_all() noexcept;

 private:
  static constexpr std::size_t block_slots = 64;
  static constexpr std::size_t block_count = 32;
  using Block = std::array<Slot, block_slots>;

  /// A free slot of `block`, taken.
  static Slot* take_from(Block& block);
  /// Makes the first missing block, if there may be one.
  void add_block();
  template <typename Visit>
  void for_each_slot(Visit visit);

  std::chrono::milliseconds timeout_;
  std::atomic<bool> closed_{false};
  std::array<std::atomic<Block*>, block_count> blocks_ = {};  ///< Made as they are needed.
};

/// Holds a slot for one scope.
class SlotGuard {
 public:
  explicit SlotGuard(ReaderSlots& slots) : slot_(slots.acquire()), forks_(fork_generation()) {}
  SlotGuard(const SlotGuard&) = delete;
  SlotGuard& operator=(const SlotGuard&) = delete;
  ~SlotGuard() {
    // In the child of a fork the snapshot is still the parent's.
    if (forks_ == fork_generation()) ReaderSlots::release(slot_);
  }
  [[nodiscard]] ReaderSlots::Slot& slot() const noexcept { return slot_; }

 private:
  ReaderSlots::Slot& slot_;
  std::uint64_t forks_;
};

/// Gives a held slot back for one scope, while its thread waits for somebody who may wait for
/// slots.
class SlotPause {
 public:
  /// Does nothing if `own` is null.
  SlotPause(ReaderSlots& slots, ReaderSlots::Slot* own) noexcept : slots_(slots), own_(own) {
    if (own_ != nullptr) ReaderSlots::release(*own_);
  }
  SlotPause(const SlotPause&) = delete;
  SlotPause& operator=(const SlotPause&) = delete;
  ~SlotPause() {
    if (own_ != nullptr) slots_.retake(*own_);
  }

 private:
  ReaderSlots& slots_;
  ReaderSlots::Slot* own_;
};

}  // namespace larder::lmdb
