// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/log.h"

#include <algorithm>
#include <cerrno>
#include <exception>
#include <optional>

#include "engine/backoff.h"
#include "engine/lmdb/clean_note.h"
#include "engine/lmdb/directory.h"
#include "engine/lmdb/log_check.h"
#include "engine/thread_sanitizer.h"
#include "larder/core/error.h"

namespace larder::lmdb {
namespace {

/// How often a writer looks for a free segment before it does something about it.
constexpr unsigned patient_turns = 64;

/// An active segment that holds nothing is nobody's, and so free at once.
void seal_active(LogState& state) noexcept {
  if (state.committed > log_data_begin) state.sealed |= 1U << state.active;
  state.active = LogState::none;
  state.committed = 0;
}

}  // namespace

Log::Log(const LmdbOptions& options, const EngineHooks& hooks, SharedMapping& shared,
         Environment& environment)
    : options_(options),
      hooks_(hooks),
      shared_(shared),
      environment_(environment),
      whereabouts_(*hooks.io, options.path),
      files_(*hooks.io, options.path, *shared),
      boot_(boot_tag(hooks.boot())),
      random_(random_seed()) {}

Segment& Log::segment(std::uint32_t number) {
  if (Segment* known = opened_[number].load(std::memory_order_acquire)) return *known;
  const MutexLock lock(opening_);
  auto& place = segments_[number];
  if (!place) {
    whereabouts_.look();
    place =
        is_read_only()
            ? std::make_unique<Segment>(*hooks_.io, options_.path, number, Segment::Index::shared)
            : std::make_unique<Segment>(*hooks_.io, options_.path, number, options_.mode);
    opened_[number].store(place.get(), std::memory_order_release);
  }
  return *place;
}

Layers Log::sealed(const LogState& state) {
  Layers layers;
  for (std::uint32_t number = 0; number < segment_count; ++number) {
    if (!state.is_sealed(number)) continue;
    const Segment& found = segment(number);
    layers.add({&found, found.sealed_end()});
  }
  layers.sort();
  return layers;
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
    if (behind && is_read_only() && environment_.applied(slot.txn) >= direct_sequence()) {
      // Nobody whose process died can be helped from here. But LMDB has it all.
      snapshot = {.table = TableView(environment_, slot)};
      return true;
    }
    if (!behind && now.generation == before.generation) {
      snapshot.table = TableView(environment_, slot);
      snapshot.active = nullptr;
      snapshot.sealed.clear();
      if (now.active != LogState::none && now.committed > log_data_begin) {
        snapshot.active = &segment(now.active);
        snapshot.active_limit = now.committed;
      }
      if (now.sealed != 0) snapshot.sealed = sealed(now);
      return true;
    }
    ReaderSlots::end(slot);
    if (behind && tries % 128 == 0 && !is_read_only()) repair_if_abandoned();
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

std::optional<std::uint32_t> Log::look_for_free(std::uint32_t except) {
  const LogState now = state();
  const std::uint64_t oldest = environment_.oldest_reader();
  std::optional<std::uint32_t> found;
  for (std::uint32_t number = 0; number < segment_count; ++number) {
    const std::uint64_t retired = shared_->retired[number].load(std::memory_order_acquire);
    if (number == except || number == now.active || now.is_sealed(number)) continue;
    if (retired != 0 && oldest <= retired) continue;
    if (has_space(number)) return number;
    if (!found) found = number;
  }
  return found;
}

bool Log::has_space(std::uint32_t number) const {
  return Segment::has_space(*hooks_.io, options_.path, number, log_min_bytes);
}

bool Log::has_spare(std::uint32_t taken) const {
  const LogState now = state();
  for (std::uint32_t number = 0; number < segment_count; ++number) {
    const bool is_used = number == taken || number == now.active || now.is_sealed(number);
    if (!is_used && has_space(number)) return true;
  }
  return false;
}

void Log::keep_spare(std::uint32_t taken) {
  if (has_spare(taken)) return;
  const std::optional<std::uint32_t> spare = look_for_free(taken);
  if (!spare) return;
  try {
    segment(*spare).reserve_space(log_min_bytes);
  } catch (const Error& error) {
    segment(*spare).give_space_back();
    // On a tiny device a log of one segment has to do.
    if (error.kind() != ErrorKind::full || active() != nullptr) throw;
  }
}

std::uint32_t Log::find_free(ReaderSlots::Slot& own, SteadyTime deadline, Space space) {
  Backoff backoff(deadline);
  unsigned turns = 0;
  do {
    const std::optional<std::uint32_t> found = look_for_free(LogState::none);
    if (found && (space == Space::any || has_space(*found))) return *found;
    // Where others read without a pause, somebody always is on the newest snapshot.
    if (++turns == patient_turns) renew_snapshots(own, deadline);
  } while (backoff.wait());
  throw Error(ErrorKind::unavailable,
              "the log is full of what a reader that does not end may need");
}

std::uint64_t Log::next_log_bytes() const {
  return std::clamp(environment_.used_bytes() / 8, log_min_bytes, log_max_bytes);
}

void Log::prepare_segment(std::uint32_t number, std::uint64_t needed) {
  Segment& fresh = segment(number);
  for (std::uint64_t bytes = next_log_bytes();; bytes /= 2) {
    try {
      fresh.reset(published() + 1, bytes, boot_);
      break;
    } catch (const Error& error) {
      // A smaller one may have its space from an earlier use.
      const bool is_smallest = bytes / 2 < std::max(log_min_bytes, 2 * needed);
      if (error.kind() == ErrorKind::full && !is_smallest) continue;
      // What there is of one without the other is of use to LMDB only.
      if (!has_space(number)) fresh.give_space_back();
      throw;
    }
  }
  if (!has_durable_name_[number] && options_.durability != Durability::disposable) {
    sync_directory(*hooks_.io, options_.path);
    has_durable_name_[number] = true;
  }
}

void Log::announce_write() {
  if (announced_) return;
  whereabouts_.look();
  remove_clean_note(*hooks_.io, options_.path);
  if (options_.durability != Durability::disposable) sync_directory(*hooks_.io, options_.path);
  announced_ = true;
}

std::uint64_t Log::waiting_bytes() {
  const LogState now = state();
  std::uint64_t waiting = now.active == LogState::none ? 0 : now.committed;
  for (std::uint32_t number = 0; number < segment_count; ++number) {
    if (now.is_sealed(number)) waiting += segment(number).sealed_end();
  }
  return waiting;
}

bool Log::has_room(ReaderSlots::Slot& own, std::uint64_t coming, std::uint64_t kept) {
  // Small values in random order take that much more in LMDB's pages.
  constexpr std::uint64_t growth = 2;
  const std::uint64_t needed = (waiting_bytes() + coming) * growth + kept;
  const std::int64_t device = hooks_.io->free_bytes(options_.path);
  if (device < 0 || static_cast<std::uint64_t>(device) >= needed) return true;
  const bool was_reading = own.active;
  while (!own.active && !environment_.begin_read(own)) environment_.adopt_map(&own);
  const std::uint64_t reusable = environment_.reusable_bytes(own.txn);
  if (!was_reading) ReaderSlots::end(own);
  return reusable >= needed - static_cast<std::uint64_t>(device);
}

bool Log::has_room_without(ReaderSlots::Slot& own, const Need& need) {
  // What erasing one entry takes, with the list of free pages and some to spare.
  constexpr std::uint64_t kept = 32 * page_bytes;
  return need.frees_space || has_room(own, need.bytes, kept);
}

// Else the log could hold more than LMDB has room for, and erasing would be stuck behind it. The
// first segment may be small: on a tiny device a small log has to do.
void Log::fit_to_room(ReaderSlots::Slot& own, std::uint32_t number, std::uint64_t needed) {
  constexpr std::uint64_t smallest_bytes = 64U << 10U;
  Segment& fresh = segment(number);
  const std::uint64_t least_bytes = active() == nullptr ? smallest_bytes : fresh.log_bytes();
  while (!has_room(own, fresh.log_bytes(), 0)) {
    const std::uint64_t bytes = fresh.log_bytes() / 2;
    if (bytes < std::max(least_bytes, 2 * needed)) {
      throw system_error(ENOSPC, "bring the log to the database in " + options_.path.string());
    }
    fresh.reset(published() + 1, bytes, boot_);
  }
}

void Log::rotate(ReaderSlots::Slot& own, SteadyTime deadline, const Need& need) {
  whereabouts_.look();
  ReaderSlots::end(own);
  if (state().sealed_count() >= most_sealed) apply_sealed(&own, deadline, most_sealed);
  std::uint32_t number = find_free(own, deadline, Space::any);
  try {
    prepare_segment(number, need.bytes);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::full) throw;
    // Segments that were in use have their space already.
    apply_sealed(&own, deadline);
    if (!has_spare(LogState::none)) throw;
    number = find_free(own, deadline, Space::reserved);
    prepare_segment(number, need.bytes);
  }
  if (!need.frees_space) {
    keep_spare(number);
    fit_to_room(own, number, need.bytes);
  }
  Segment& fresh = segment(number);
  hooks_.io->point("log.rotate.prepared");
  if (Segment* old = active()) {
    old->for_each_open_entry([&](const LogEntry& entry) { fresh.add(entry, random_); });
    old->abandon();
    old->seal(state().committed);
  }
  hooks_.io->point("log.rotate.sealed");
  change_state([&](LogState& next) {
    seal_active(next);
    next.active = number;
    next.committed = log_data_begin;
  });
  hooks_.io->point("log.rotate.done");
}

void Log::seal() {
  const LogState now = state();
  if (now.active == LogState::none) return;
  segment(now.active).seal(now.committed);
  change_state(seal_active);
}

std::uint64_t Log::publish(std::span<const std::string> files) {
  Segment& segment = *active();
  const std::uint64_t sequence = published() + 1;
  files_.note(sequence, files);
  const std::uint64_t end = segment.commit(
      sequence, files.empty() ? TxnOutcome::committed : TxnOutcome::committed_with_files);
  hooks_.io->point("log.commit");
  std::uint64_t word = shared_->state.load(std::memory_order_relaxed);
  LogState next;
  do {
    next = LogState::unpack(word);
    next.committed = end;
  } while (!shared_->state.compare_exchange_weak(word, next.pack()));
  hooks_.io->point("log.publish");
  shared_->published.store(sequence);  // in one order with the flags that Background looks at
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
  if (!segment.repair(now.committed)) return;
  raise_to(shared_->published, segment.last_sequence(now.committed));
}

int Log::sync_now() {
  const std::uint64_t target = published();
  const std::uint64_t synced = shared_->synced.load(std::memory_order_acquire);
  const LogState now = state();
  // Oldest first: what is synced is then what came first, even if it fails in between. A segment
  // that is used anew meanwhile has reached LMDB; its number only grows, so none is passed over
  // that must not be.
  const Segment* newer = now.active == LogState::none ? nullptr : &segment(now.active);
  std::array<const Segment*, segment_count + 1> unsynced = {newer};
  std::size_t count = newer == nullptr ? 0 : 1;
  for (const Layer& layer : sealed(now)) {
    if (newer != nullptr && newer->base_sequence() <= synced + 1) break;
    newer = layer.segment;
    unsynced[count++] = newer;
  }
  int result = files_.sync();
  // In the segment that reaches the device last, with all that it speaks of.
  if (count > 0 && result == 0) unsynced[0]->mark_files(files_.synced());
  while (count > 0 && result == 0) {
    const Segment& next = *unsynced[--count];
    // Not where each update is synced: one page is not worth it.
    if (options_.durability == Durability::consistent) next.unmap_pages();
    result = next.sync();
  }
  syncs_.fetch_add(1, std::memory_order_relaxed);
  // After a failure the system may have dropped the data and report success the next time: nobody
  // may believe it until everything has been closed and recovered.
  if (result < 0) shared_->sync_failed.store(static_cast<std::uint32_t>(-result));
  if (result == 0) raise_to(shared_->synced, target);
  return result;
}

void Log::sync_through(std::uint64_t sequence) {
  whereabouts_.look();
  syncing_.lock();
  while (shared_->synced.load(std::memory_order_acquire) < sequence) {
    if (sync_running_) {
      sync_done_.wait(syncing_);
      continue;
    }
    sync_running_ = true;
    syncing_.unlock();
    int result = 0;
    std::exception_ptr failure;  // there is no memory: another try may succeed
    try {
      result = sync_now();
    } catch (const Error&) {
      result = -EIO;  // the segment of another process cannot be opened
    } catch (...) {
      failure = std::current_exception();
    }
    syncing_.lock();
    sync_running_ = false;
    sync_done_.notify_all();
    if (failure || result < 0) {
      syncing_.unlock();
      if (failure) std::rethrow_exception(failure);
      throw system_error(-result, "sync the log in " + options_.path.string());
    }
  }
  syncing_.unlock();
}

}  // namespace larder::lmdb
