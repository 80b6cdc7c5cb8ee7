// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "engine/lmdb/environment.h"
#include "engine/lmdb/needed_files.h"
#include "engine/lmdb/segment.h"
#include "engine/lmdb/shared_page.h"
#include "engine/lmdb/snapshot.h"
#include "engine/lmdb/whereabouts.h"
#include "larder/core/mutex.h"
#include "larder/engine/options.h"

namespace larder::lmdb {

/// The log in front of LMDB, shared by all processes: an update is acknowledged when it stands in
/// the active segment; full segments are sealed and wait, are applied to LMDB together, and are
/// used again when nobody reads them any more. Design: docs/design/0001-log-in-front-of-lmdb.md.
///
/// Thread-safe unless stated otherwise.
class Log {
 public:
  Log(const LmdbOptions& options, const EngineHooks& hooks, SharedMapping& shared,
      Environment& environment);

  /// The present moment, with its LMDB snapshot in `slot`. False if the slot must be given back and
  /// taken again, because LMDB's map has to move first.
  [[nodiscard]] bool take_snapshot(ReaderSlots::Slot& slot, Snapshot& snapshot);

  // --- Only with write_mutex held -----------------------------------------------------------

  /// The segment that grows, or null.
  [[nodiscard]] Segment* active();
  /// How large the next segment will be: an eighth of the database, within limits.
  [[nodiscard]] std::uint64_t next_log_bytes() const;
  /// What a new segment is for.
  struct Need {
    std::uint64_t bytes;  ///< Of the unfinished transaction with its next entry.
    bool frees_space;     ///< It may use what is kept in reserve.
  };
  /// Seals the active segment, if there is one, and makes a free one the active one. The unfinished
  /// transaction, if any, moves along. Ends the snapshot in `own`.
  /// @throws Error `full` also if what then waits for LMDB may find no room there; `unavailable`;
  /// the unfinished transaction is then still whole
  void rotate(ReaderSlots::Slot& own, SteadyTime deadline, const Need& need);
  /// Whether a transaction for which there is no segment may go to LMDB itself, and does not take
  /// the last room there that erasing needs. `own` is the caller's reader slot.
  [[nodiscard]] bool has_room_without(ReaderSlots::Slot& own, const Need& need);
  /// Seals the active segment, if there is one, and leaves none.
  void seal();
  /// To be called before the first change to anything: takes back the note that the database is
  /// clean.
  void announce_write();
  /// Makes the unfinished transaction of the active segment visible, which needs `files`. Returns
  /// its sequence number.
  std::uint64_t publish(std::span<const std::string> files);
  /// Puts right what a writer left that died with write_mutex held, if one did: the log itself
  /// tells. To be called before anything else, since a call that failed was no help.
  void repair(SteadyTime deadline);
  /// Puts all that the log holds, the unfinished transaction included, into `write`, which from
  /// then on is the only place where that transaction is. Needs apply_mutex too.
  void drain_into(LmdbWrite& write);
  /// Commits `write`, which has drained the log and needs `files`. Returns its sequence number.
  /// Needs apply_mutex too.
  std::uint64_t publish_direct(LmdbWrite& write, std::span<const std::string> files);

  // --- Any time -----------------------------------------------------------------------------

  /// Brings all sealed segments to LMDB, if there are at least so many. `own` as in
  /// Environment::write.
  void apply_sealed(ReaderSlots::Slot* own, SteadyTime deadline, std::size_t at_least = 1);
  /// Waits for the device until every transaction up to `sequence` would survive a power cut.
  void sync_through(std::uint64_t sequence);
  [[nodiscard]] std::uint64_t published() const noexcept {
    return shared_->published.load(std::memory_order_acquire);
  }
  [[nodiscard]] LogState state() const noexcept {
    return LogState::unpack(shared_->state.load(std::memory_order_acquire));
  }
  [[nodiscard]] Whereabouts& whereabouts() noexcept { return whereabouts_; }
  [[nodiscard]] std::uint64_t syncs() const noexcept {
    return syncs_.load(std::memory_order_relaxed);
  }

 private:
  [[nodiscard]] bool is_read_only() const noexcept {
    return options_.open_mode == OpenMode::read_only;
  }
  /// The number of the transaction behind `barrier`, at most the one that is there now.
  [[nodiscard]] std::uint64_t direct_sequence() const noexcept {
    return std::atomic_ref(shared_->direct_sequence).load(std::memory_order_relaxed);
  }
  Segment& segment(std::uint32_t number);
  /// The sealed segments of `state`, newest first. They stay what they are while the LMDB snapshot
  /// that belongs to `state` runs, or while apply_mutex is held.
  [[nodiscard]] Layers sealed(const LogState& state);
  /// A segment that nobody needs, one that has space if there is such a one.
  [[nodiscard]] std::optional<std::uint32_t> look_for_free(std::uint32_t except);
  [[nodiscard]] bool has_space(std::uint32_t number) const;
  /// Whether there is space for one segment besides the one that is `taken`.
  [[nodiscard]] bool has_spare(std::uint32_t taken) const;
  /// Keeps space for one segment besides the one that is `taken`, for updates that free space when
  /// there is none left.
  void keep_spare(std::uint32_t taken);
  /// Whether the segment must have its space already.
  enum class Space { any, reserved };
  [[nodiscard]] std::uint32_t find_free(ReaderSlots::Slot& own, SteadyTime deadline, Space space);
  void prepare_segment(std::uint32_t number, std::uint64_t needed);
  /// Makes a segment that was prepared take no more than LMDB has room for.
  /// @throws Error `full` if that is less than `needed`
  void fit_to_room(ReaderSlots::Slot& own, std::uint32_t number, std::uint64_t needed);
  /// Lets readers start on a snapshot of LMDB from after the last segment was retired.
  void renew_snapshots(ReaderSlots::Slot& own, SteadyTime deadline);
  /// Changes everything in the state but `committed`, which the writer may move meanwhile.
  template <typename Change>
  void change_state(Change change) {
    std::uint64_t word = shared_->state.load(std::memory_order_relaxed);
    LogState next;
    do {
      next = LogState::unpack(word);
      change(next);
      ++next.generation;
    } while (!shared_->state.compare_exchange_weak(word, next.pack()));
  }
  /// apply_mutex, waited for without a reader slot.
  [[nodiscard]] RobustLock lock_apply(ReaderSlots::Slot* own, SteadyTime deadline);
  /// Brings the newest entries of `layers` to LMDB, and records that it has all up to `last`.
  void apply(const Layers& layers, std::uint64_t last, ReaderSlots::Slot* own);
  void apply_to_full_device(const Layers& layers, std::uint64_t last, ReaderSlots::Slot* own);
  void sync_before_steps();
  /// Brings files to the device before what needs them gets there by another way than the log.
  void sync_files();
  /// Bytes of the log that LMDB does not have yet.
  [[nodiscard]] std::uint64_t waiting_bytes();
  /// Whether what stands in the log, and `coming` bytes more, will find room in LMDB and leave
  /// `kept` bytes.
  [[nodiscard]] bool has_room(ReaderSlots::Slot& own, std::uint64_t coming, std::uint64_t kept);
  int sync_now();
  void retire(std::uint32_t segments);
  /// LMDB now holds all up to `sequence`: the log is left behind.
  void leave_log(std::uint64_t sequence);
  void repair_if_abandoned();

  const LmdbOptions& options_;
  const EngineHooks& hooks_;
  SharedMapping& shared_;
  Environment& environment_;
  Whereabouts whereabouts_;
  NeededFiles files_;
  std::uint32_t boot_;
  Random random_;

  Mutex opening_;
  std::array<std::unique_ptr<Segment>, segment_count> segments_ LARDER_GUARDED_BY(opening_);
  std::array<std::atomic<Segment*>, segment_count> opened_ = {};

  bool announced_ = false;  ///< Under write_mutex.
  /// Under write_mutex: whether a power cut spares the directory entry.
  std::array<bool, segment_count> has_durable_name_ = {};

  Mutex syncing_;
  CondVar sync_done_;
  bool sync_running_ LARDER_GUARDED_BY(syncing_) = false;
  std::atomic<std::uint64_t> syncs_ = 0;
};

}  // namespace larder::lmdb
