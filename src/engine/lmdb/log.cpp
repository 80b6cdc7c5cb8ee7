// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/log.h"

#include <algorithm>
#include <cerrno>
#include <optional>

#include "engine/lmdb/backoff.h"
#include "engine/lmdb/directory.h"
#include "engine/lmdb/step_writer.h"
#include "engine/lmdb/thread_sanitizer.h"
#include "larder/core/error.h"

namespace larder::lmdb {
namespace {

void raise(std::atomic<std::uint64_t>& value, std::uint64_t to) noexcept {
  std::uint64_t seen = value.load(std::memory_order_relaxed);
  while (seen < to && !value.compare_exchange_weak(seen, to)) {
  }
}

}  // namespace

Log::Log(const LmdbOptions& options, const EngineHooks& hooks, SharedMapping& shared,
         Environment& environment)
    : options_(options),
      hooks_(hooks),
      shared_(shared),
      environment_(environment),
      random_(random_seed()) {}

Segment& Log::segment(std::uint32_t number) {
  if (Segment* known = opened_[number].load(std::memory_order_acquire)) return *known;
  const MutexLock lock(opening_);
  auto& place = segments_[number];
  if (!place) {
    place = std::make_unique<Segment>(*hooks_.io, options_.path, number, options_.mode);
    opened_[number].store(place.get(), std::memory_order_release);
  }
  return *place;
}

template <typename Change>
void Log::change_state(Change change) {
  std::uint64_t word = shared_->state.load(std::memory_order_relaxed);
  LogState next;
  do {
    next = LogState::unpack(word);
    change(next);
    ++next.generation;
  } while (!shared_->state.compare_exchange_weak(word, next.pack()));
}

bool Log::take_snapshot(ReaderSlots::Slot& slot, Snapshot& snapshot) {
  Backoff backoff(options_.timeout);
  for (unsigned tries = 1;; ++tries) {
    const LogState before = state();
    if (!environment_.begin_read(slot)) return false;
    // The snapshot is announced before the state is read again: whoever makes a segment ready for
    // new use first changes the state and then looks for readers.
    full_fence();
    const std::uint64_t barrier = shared_->barrier.load(std::memory_order_acquire);
    const LogState now = state();
    const bool behind = barrier != 0 && mdb_txn_id(slot.txn) >= barrier;
    if (!behind && now.generation == before.generation) {
      snapshot = {.environment = &environment_, .txn = slot.txn};
      if (now.active != LogState::none && now.committed > log_data_begin) {
        snapshot.active = &segment(now.active);
        snapshot.active_limit = now.committed;
      }
      if (now.sealed != LogState::none) {
        snapshot.sealed = &segment(now.sealed);
        snapshot.sealed_limit = snapshot.sealed->sealed_end();
      }
      return true;
    }
    ReaderSlots::end(slot);
    if (behind && tries % 128 == 0) repair_if_abandoned();
    if (tries > 4 && !backoff.wait()) {
      throw Error(ErrorKind::unavailable, "a large transaction does not finish");
    }
  }
}

void Log::repair_if_abandoned() {
  try {
    const RobustLock lock(shared_->write_mutex, Clock::system().steady_now());
    repair(Clock::system().steady_now());
  } catch (const Error& error) {
    if (!error.is_transient()) throw;  // otherwise its owner lives and goes on
  }
}

Segment* Log::active() {
  const LogState now = state();
  return now.active == LogState::none ? nullptr : &segment(now.active);
}

std::uint32_t Log::find_free(SteadyTime deadline) {
  Backoff backoff(deadline);
  do {
    const LogState now = state();
    const std::uint64_t oldest = environment_.oldest_reader();
    for (std::uint32_t number = 0; number < segment_count; ++number) {
      const std::uint64_t retired = shared_->retired[number].load(std::memory_order_acquire);
      if (number != now.active && number != now.sealed && (retired == 0 || oldest > retired)) {
        return number;
      }
    }
  } while (backoff.wait());
  throw Error(ErrorKind::unavailable, "readers that do not end hold all of the log");
}

std::uint64_t Log::next_log_bytes() const {
  return std::clamp(environment_.used_bytes() / 8, log_min_bytes, log_max_bytes);
}

Segment& Log::prepare_segment(std::uint32_t number) {
  const bool is_new = opened_[number].load(std::memory_order_acquire) == nullptr;
  Segment& fresh = segment(number);
  fresh.reset(published() + 1, next_log_bytes());
  if (is_new && options_.durability != Durability::disposable) {
    sync_directory(*hooks_.io, options_.path);
  }
  return fresh;
}

void Log::announce_write() {
  if (announced_) return;
  remove_clean_note(*hooks_.io, options_.path);
  if (options_.durability != Durability::disposable) sync_directory(*hooks_.io, options_.path);
  announced_ = true;
}

void Log::rotate(ReaderSlots::Slot* own, SteadyTime deadline) {
  if (state().sealed != LogState::none) apply_sealed(own, deadline);
  const std::uint32_t number = find_free(deadline);
  Segment& fresh = prepare_segment(number);
  hooks_.io->point("log.rotate.prepared");
  Segment* old = active();
  if (old != nullptr) {
    old->for_each_open_entry([&](const LogEntry& entry) { fresh.add(entry, random_); });
    old->abandon();
    old->seal(state().committed);
  }
  hooks_.io->point("log.rotate.sealed");
  change_state([&](LogState& next) {
    next.sealed = next.active;
    next.active = number;
    next.committed = log_data_begin;
  });
  hooks_.io->point("log.rotate.done");
}

void Log::seal() {
  const LogState now = state();
  if (now.active == LogState::none || now.sealed != LogState::none) return;
  segment(now.active).seal(now.committed);
  change_state([](LogState& next) {
    next.sealed = next.active;
    next.active = LogState::none;
    next.committed = 0;
  });
}

std::uint64_t Log::publish() {
  Segment& segment = *active();
  const std::uint64_t sequence = published() + 1;
  const std::uint64_t end = segment.commit(sequence);
  hooks_.io->point("log.commit");
  std::uint64_t word = shared_->state.load(std::memory_order_relaxed);
  LogState next;
  do {
    next = LogState::unpack(word);
    next.committed = end;
  } while (!shared_->state.compare_exchange_weak(word, next.pack()));
  hooks_.io->point("log.publish");
  shared_->published.store(sequence, std::memory_order_release);
  segment.settle();
  return sequence;
}

void Log::repair(SteadyTime deadline) {
  if (shared_->barrier.load(std::memory_order_acquire) != 0) {
    const RobustLock lock(shared_->apply_mutex, deadline);
    if (environment_.applied() >= shared_->direct_sequence) leave_log(shared_->direct_sequence);
    shared_->barrier.store(0, std::memory_order_release);
  }
  const LogState now = state();
  if (now.active == LogState::none) return;
  Segment& segment = *active();
  segment.repair(now.committed);
  raise(shared_->published, segment.last_sequence(now.committed));
}

void Log::drain_into(LmdbWrite& write) {
  const LogState now = state();
  if (now.sealed != LogState::none) {
    const Segment& sealed = segment(now.sealed);
    apply_all(write, sealed, sealed.sealed_end());
  }
  if (Segment* growing = active()) {
    apply_all(write, *growing, not_sealed);
    growing->abandon();
  }
}

void Log::leave_log(std::uint64_t sequence) {
  const LogState now = state();
  if (now.sealed != LogState::none) retire(now.sealed);
  if (now.active != LogState::none) retire(now.active);
  raise(shared_->published, sequence);
  if (options_.durability != Durability::disposable) raise(shared_->synced, sequence);
  change_state([](LogState& next) {
    next.sealed = LogState::none;
    next.active = LogState::none;
    next.committed = 0;
  });
}

std::uint64_t Log::publish_direct(LmdbWrite& write) {
  const std::uint64_t sequence = published() + 1;
  write.set_applied(sequence);
  shared_->direct_sequence = sequence;
  shared_->barrier.store(write.id(), std::memory_order_seq_cst);
  hooks_.io->point("log.direct.barrier");
  try {
    write.commit();
  } catch (...) {
    shared_->barrier.store(0, std::memory_order_release);
    throw;
  }
  hooks_.io->point("log.direct.committed");
  leave_log(sequence);
  shared_->barrier.store(0, std::memory_order_release);
  return sequence;
}

void Log::retire(std::uint32_t number) {
  shared_->retired[number].store(environment_.last_txn(), std::memory_order_release);
}

void Log::apply_all(LmdbWrite& write, const Segment& segment, std::uint64_t limit) {
  segment.for_each({}, limit, [&](const LogEntry& entry) {
    if (entry.erased) {
      write.erase(entry.key);
    } else {
      write.put(entry.key, entry.value);
    }
    return Visit::more;
  });
}

void Log::apply_in_steps(const Segment& sealed, std::uint64_t limit, std::uint64_t last,
                         ReaderSlots::Slot* own) {
  // What the active segment erases makes room for what the sealed one puts, and what it puts need
  // not be put twice. After a crash both are applied again, after a power cut too, so their bytes
  // must be there then.
  const LogState now = state();
  if (options_.durability != Durability::disposable && sync_now() < 0) {
    throw Error(ErrorKind::unavailable, "the device does not take the log");
  }
  const Segment* newer = now.active == LogState::none ? nullptr : &segment(now.active);
  StepWriter steps(environment_, own);
  const auto erase = [&](const LogEntry& entry) {
    if (entry.erased) steps.add(entry);
    return Visit::more;
  };
  if (newer != nullptr) newer->for_each({}, now.committed, erase);
  sealed.for_each({}, limit, erase);
  steps.reuse_pages();
  sealed.for_each({}, limit, [&](const LogEntry& entry) {
    const bool is_hidden =
        newer != nullptr && newer->find(entry.key, key_hash(entry.key), now.committed);
    if (!entry.erased && !is_hidden) steps.add(entry);
    return Visit::more;
  });
  steps.finish(last);
}

void Log::apply_sealed(ReaderSlots::Slot* own, SteadyTime deadline) {
  std::optional<RobustLock> lock;
  {
    // Who holds the lock may have to move LMDB's map, and then waits for every slot.
    const SlotPause pause(environment_.slots(), own);
    lock.emplace(shared_->apply_mutex, deadline);
  }
  // A large transaction whose process died: the next writer finishes it first.
  if (shared_->barrier.load(std::memory_order_acquire) != 0) return;
  const LogState now = state();
  if (now.sealed == LogState::none) return;
  const Segment& sealed = segment(now.sealed);
  const std::uint64_t limit = sealed.sealed_end();
  const std::uint64_t last = sealed.last_sequence(limit);
  hooks_.io->point("log.apply");
  try {
    environment_.write(
        [&](LmdbWrite& write) {
          apply_all(write, sealed, limit);
          write.set_applied(last);
        },
        own);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::full) throw;
    apply_in_steps(sealed, limit, last, own);
  }
  hooks_.io->point("log.applied");
  environment_.reserve_space();
  if (options_.durability != Durability::disposable) raise(shared_->synced, last);
  retire(now.sealed);
  change_state([](LogState& next) { next.sealed = LogState::none; });
}

int Log::sync_now() {
  const std::uint64_t target = published();
  const LogState now = state();
  int result = 0;
  if (now.sealed != LogState::none) result = segment(now.sealed).sync();
  if (result == 0 && now.active != LogState::none) result = segment(now.active).sync();
  syncs_.fetch_add(1, std::memory_order_relaxed);
  // After a failure the system may have dropped the data and report success the next time: nobody
  // may believe it until everything has been closed and recovered.
  if (result < 0) shared_->sync_failed.store(static_cast<std::uint32_t>(-result));
  if (result == 0) raise(shared_->synced, target);
  return result;
}

void Log::sync_through(std::uint64_t sequence) {
  syncing_.lock();
  while (shared_->synced.load(std::memory_order_acquire) < sequence) {
    if (sync_running_) {
      sync_done_.wait(syncing_);
      continue;
    }
    sync_running_ = true;
    syncing_.unlock();
    int result = 0;
    try {
      result = sync_now();
    } catch (const Error&) {
      result = -EIO;  // the segment of another process cannot be opened
    }
    syncing_.lock();
    sync_running_ = false;
    sync_done_.notify_all();
    if (result < 0) {
      syncing_.unlock();
      throw system_error(-result, "sync the log in " + options_.path.string());
    }
  }
  syncing_.unlock();
}

}  // namespace larder::lmdb
