// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/reader_slots.h"

#include <functional>
#include <memory>
#include <thread>

#include "engine/backoff.h"
#include "engine/thread_sanitizer.h"
#include "larder/core/error.h"

namespace larder::lmdb {

ReaderSlots::~ReaderSlots() {
  for (auto& block : blocks_) delete block.load();
}

ReaderSlots::Slot* ReaderSlots::take_from(Block& block) {
  static thread_local std::size_t hint = std::hash<std::thread::id>{}(std::this_thread::get_id());
  for (std::size_t tries = 0; tries < block_slots; ++tries, ++hint) {
    Slot& slot = block[hint % block_slots];
    std::uint32_t free = 0;
    if (slot.busy.load(std::memory_order_relaxed) == 0 &&
        slot.busy.compare_exchange_strong(free, 1, std::memory_order_seq_cst)) {
      return &slot;
    }
  }
  return nullptr;
}

void ReaderSlots::add_block() {
  for (auto& place : blocks_) {
    if (place.load(std::memory_order_acquire) != nullptr) continue;
    auto fresh = std::make_unique<Block>();
    Block* none = nullptr;
    if (place.compare_exchange_strong(none, fresh.get())) {
      fresh.release();  // NOLINT(bugprone-unused-return-value): now `place` owns it
    }
    return;
  }
}

ReaderSlots::Slot& ReaderSlots::acquire() {
  Backoff backoff(timeout_);
  for (bool waited = false;; waited = true) {
    Slot* taken = nullptr;
    for (auto& place : blocks_) {
      Block* block = place.load(std::memory_order_acquire);
      if (block == nullptr) break;
      taken = take_from(*block);
      if (taken != nullptr) break;
    }
    if (taken != nullptr) {
      if (!closed_.load(std::memory_order_seq_cst)) return *taken;
      taken->busy.store(0, std::memory_order_release);
    } else {
      add_block();
      if (!waited) continue;
    }
    if (!backoff.wait()) break;
  }
  throw Error(ErrorKind::unavailable, "too many concurrent readers, or one that does not end");
}

template <typename Visit>
void ReaderSlots::for_each_slot(Visit visit) {
  for (auto& place : blocks_) {
    Block* block = place.load(std::memory_order_acquire);
    if (block == nullptr) return;
    for (Slot& slot : *block) visit(slot);
  }
}

void ReaderSlots::end(Slot& slot) noexcept {
  if (slot.active) {
    release_fence();  // whoever sees in LMDB's table that this has ended may overwrite what it read
    mdb_txn_reset(slot.txn);
  }
  slot.active = false;
}

void ReaderSlots::release(Slot& slot) noexcept {
  end(slot);
  slot.busy.store(0, std::memory_order_release);
}

void ReaderSlots::retake(Slot& slot) {
  // Another thread may use it by now; a snapshot ends soon, and the owner must have this very slot.
  for (std::uint32_t free = 0;
       closed_.load(std::memory_order_seq_cst) || !slot.busy.compare_exchange_weak(free, 1);
       free = 0) {
    std::this_thread::yield();
  }
}

void ReaderSlots::close_gate() {
  closed_.store(true, std::memory_order_seq_cst);
  Backoff backoff(timeout_);
  for_each_slot([&](const Slot& slot) {
    while (slot.busy.load(std::memory_order_seq_cst) != 0) {
      if (backoff.wait()) continue;
      open_gate();
      throw Error(ErrorKind::unavailable,
                  "the map cannot grow: a reader of this process does not end");
    }
  });
}

void ReaderSlots::abort_all() noexcept {
  for_each_slot([](Slot& slot) {
    if (slot.txn != nullptr) mdb_txn_abort(slot.txn);
    slot.txn = nullptr;
    slot.active = false;
  });
}

}  // namespace larder::lmdb
