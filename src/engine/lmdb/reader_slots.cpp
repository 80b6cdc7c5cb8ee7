// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/reader_slots.h"

#include <functional>
#include <thread>

#include "engine/lmdb/backoff.h"
#include "larder/core/error.h"

namespace larder::lmdb {

ReaderSlots::Slot& ReaderSlots::acquire() {
  static thread_local std::size_t hint = std::hash<std::thread::id>{}(std::this_thread::get_id());
  Backoff backoff(timeout_);
  do {
    for (std::size_t tries = 0; tries < slot_count; ++tries, ++hint) {
      Slot& slot = slots_[hint % slot_count];
      std::uint32_t free = 0;
      if (slot.busy.load(std::memory_order_relaxed) != 0 ||
          !slot.busy.compare_exchange_strong(free, 1, std::memory_order_seq_cst)) {
        continue;
      }
      if (!closed_.load(std::memory_order_seq_cst)) return slot;
      slot.busy.store(0, std::memory_order_release);
      break;
    }
  } while (backoff.wait());
  throw Error(ErrorKind::unavailable, "too many concurrent readers, or one that does not end");
}

void ReaderSlots::end(Slot& slot) noexcept {
  if (slot.active) mdb_txn_reset(slot.txn);
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
  for (const Slot& slot : slots_) {
    while (slot.busy.load(std::memory_order_seq_cst) != 0) {
      if (backoff.wait()) continue;
      open_gate();
      throw Error(ErrorKind::unavailable,
                  "the map cannot grow: a reader of this process does not end");
    }
  }
}

void ReaderSlots::abort_all() noexcept {
  for (Slot& slot : slots_) {
    if (slot.txn != nullptr) mdb_txn_abort(slot.txn);
    slot.txn = nullptr;
    slot.active = false;
  }
}

}  // namespace larder::lmdb
