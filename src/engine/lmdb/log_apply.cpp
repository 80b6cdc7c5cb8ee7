// SPDX-License-Identifier: Apache-2.0
//
// How the log reaches LMDB.
#include <algorithm>
#include <cstdint>

#include "engine/lmdb/log.h"
#include "engine/lmdb/step_writer.h"
#include "larder/core/error.h"

namespace larder::lmdb {
namespace {

std::uint64_t log_bytes(const Layers& layers) {
  std::uint64_t bytes = 0;
  for (const Layer& layer : layers) bytes += layer.limit;
  return bytes;
}

}  // namespace

RobustLock Log::lock_apply(ReaderSlots::Slot* own, SteadyTime deadline) {
  // Who holds the lock may have to move LMDB's map, and then waits for every slot.
  const SlotPause pause(environment_.slots(), own);
  return {shared_->apply_mutex, deadline};
}

void Log::apply_sealed(ReaderSlots::Slot* own, SteadyTime deadline, std::size_t at_least) {
  const RobustLock lock = lock_apply(own, deadline);
  // A large transaction whose process died: the next writer finishes it first.
  if (shared_->barrier.load(std::memory_order_acquire) != 0) return;
  const LogState now = state();
  if (now.sealed == 0 || now.sealed_count() < at_least) return;
  const Layers layers = sealed(now);
  const std::uint64_t last = layers.newest().segment->last_sequence(layers.newest().limit);
  hooks_.io->point("log.apply");
  if (options_.durability != Durability::disposable) sync_files();
  apply(layers, last, own);
  hooks_.io->point("log.applied");
  shared_->bytes_applied.fetch_add(log_bytes(layers), std::memory_order_relaxed);
  environment_.reserve_space();
  if (options_.durability != Durability::disposable) raise_to(shared_->synced, last);
  retire(now.sealed);
  change_state([&](LogState& next) { next.sealed &= ~now.sealed; });
}

void Log::apply(const Layers& layers, std::uint64_t last, ReaderSlots::Slot* own) {
  // No more than a segment at a time: that bounds the memory for changed pages, and how far the
  // file grows before pages are used again.
  StepSize size{.entries = SIZE_MAX, .bytes = 0};
  for (const Layer& layer : layers) size.bytes = std::max(size.bytes, layer.limit);
  try {
    StepWriter steps(environment_, size, own, [this] { sync_before_steps(); });
    for (LogMerge at(layers, {}); !at.ended(); at.next()) steps.add(at.entry());
    steps.finish(last);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::full) throw;
    apply_to_full_device(layers, last, own);
  }
}

void Log::apply_to_full_device(const Layers& layers, std::uint64_t last, ReaderSlots::Slot* own) {
  // What the active segment says last about a key hides what LMDB has: that can make room for what
  // the sealed ones put.
  const LogState now = state();
  Layers all;
  const Segment* growing = now.active == LogState::none ? nullptr : &segment(now.active);
  if (growing != nullptr) all.add({growing, now.committed});
  for (const Layer& layer : layers) all.add(layer);
  StepWriter steps(environment_, StepSize::small(), own, [this] { sync_before_steps(); });
  steps.erase_then_put(last, [&](StepWriter::Take take) {
    for (LogMerge at(all, {}); !at.ended(); at.next()) {
      LogEntry entry = at.entry();
      if (at.segment() == growing) entry = {.key = entry.key, .value = {}, .erased = true};
      take(entry);
    }
  });
}

void Log::sync_before_steps() {
  if (options_.durability != Durability::disposable && sync_now() < 0) {
    throw Error(ErrorKind::unavailable, "the device does not take the log");
  }
}

void Log::sync_files() {
  const int result = files_.sync();
  if (result == 0) return;
  shared_->sync_failed.store(static_cast<std::uint32_t>(-result));
  throw system_error(-result, "sync files in " + options_.path.string());
}

void Log::renew_snapshots(ReaderSlots::Slot& own, SteadyTime deadline) {
  apply_sealed(&own, deadline);
  if (look_for_free(LogState::none)) return;
  const RobustLock lock = lock_apply(&own, deadline);
  const SlotPause pause(environment_.slots(), &own);
  environment_.write([](LmdbWrite& write) { write.change_nothing(); }, nullptr);
}

void Log::drain_into(LmdbWrite& write) {
  const LogState now = state();
  Layers layers;
  Segment* growing = active();
  if (growing != nullptr) layers.add({growing, not_sealed});
  for (const Layer& layer : sealed(now)) layers.add(layer);
  for (LogMerge at(layers, {}); !at.ended(); at.next()) write.apply(at.entry());
  if (growing != nullptr) growing->abandon();
}

void Log::retire(std::uint32_t segments) {
  const std::uint64_t last = environment_.last_txn();
  for (std::uint32_t number = 0; number < segment_count; ++number) {
    if (((segments >> number) & 1U) != 0) {
      shared_->retired[number].store(last, std::memory_order_release);
    }
  }
}

void Log::leave_log(std::uint64_t sequence) {
  const LogState now = state();
  retire(now.sealed | (now.active == LogState::none ? 0U : 1U << now.active));
  raise_to(shared_->published, sequence);
  if (options_.durability != Durability::disposable) raise_to(shared_->synced, sequence);
  change_state([](LogState& next) {
    next.sealed = 0;
    next.active = LogState::none;
    next.committed = 0;
  });
}

std::uint64_t Log::publish_direct(LmdbWrite& write, std::span<const std::string> files) {
  const std::uint64_t sequence = published() + 1;
  files_.note(sequence, files);
  if (options_.durability != Durability::disposable) sync_files();
  write.set_applied(sequence);
  std::atomic_ref(shared_->direct_sequence).store(sequence, std::memory_order_relaxed);
  shared_->barrier.store(write.id(), std::memory_order_seq_cst);
  hooks_.io->point("log.direct.barrier");
  try {
    write.commit();
  } catch (...) {
    shared_->barrier.store(0, std::memory_order_release);
    throw;
  }
  hooks_.io->point("log.direct.committed");
  shared_->bytes_applied.fetch_add(write.put_bytes(), std::memory_order_relaxed);
  leave_log(sequence);
  shared_->barrier.store(0, std::memory_order_release);
  environment_.reserve_space();
  return sequence;
}

}  // namespace larder::lmdb
