// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/database.h"

#include <exception>
#include <utility>

#include "engine/lmdb/active_txn.h"
#include "engine/lmdb/claims.h"
#include "engine/lmdb/clean_note.h"
#include "engine/lmdb/compaction.h"
#include "engine/lmdb/log_write_txn.h"
#include "engine/lmdb/presence.h"
#include "engine/lmdb/recovery.h"
#include "engine/lmdb/stored_key.h"
#include "engine/lmdb/warn.h"
#include "larder/core/error.h"

namespace larder::lmdb {

Database::Database(LmdbOptions options, EngineHooks hooks)
    : options_(std::move(options)), hooks_(std::move(hooks)), directory_(options_, hooks_) {
  const bool sole = directory_.is_sole();
  if (sole) {
    SecondDatabase::remove_remains(*hooks_.io, options_.path);
    start_disposable(options_, hooks_);
    check_clean_note(*hooks_.io, options_.path);
  } else if (!holds_database(*hooks_.io, options_.path)) {
    throw Error(ErrorKind::unavailable,
                "the database file in " + options_.path.string() +
                    " is gone, and others have it open still: close it in all processes");
  }
  environment_ = std::make_unique<Environment>(
      options_, hooks_, sole ? Environment::FileState::idle : Environment::FileState::in_use);
  const bool disposable = options_.durability == Durability::disposable;
  std::uint64_t sequence = 0;
  if (sole) {
    sequence = recover(options_, hooks_, *environment_);
    if (!disposable) end_disposable(options_, hooks_);
  }
  shared_ = std::make_unique<SharedMapping>(
      *hooks_.io, options_.path / "shared", options_.mode,
      sole ? SharedMapping::Origin::fresh : SharedMapping::Origin::existing);
  SharedPage& shared = **shared_;
  if (sole) {
    shared.published.store(sequence, std::memory_order_relaxed);
    shared.synced.store(sequence, std::memory_order_relaxed);
    shared.disposable = disposable ? 1 : 0;
  } else if ((shared.disposable != 0) != disposable) {
    throw Error(ErrorKind::invalid_argument,
                options_.path.string() +
                    " is open elsewhere with another durability: disposable or not must be the "
                    "same for all who share it");
  }
  log_ = std::make_unique<Log>(options_, hooks_, *shared_, *environment_);
  background_ = std::make_unique<Background>(options_, hooks_, shared, *log_, durable_hooks_);
  directory_.opened();
}

Database::~Database() {
  try {
    background_.reset();
    close();
  } catch (const std::exception& error) {
    warn(options_, hooks_, "not closed in order, which the next opening makes up for", error);
  }
}

void Database::close() {
  const bool is_last = directory_.closing();
  log_->whereabouts().look();  // else what is there belongs to another database
  if (!is_last) {
    // Others go on, but nobody else may know about the last writes of this process.
    if (options_.durability == Durability::consistent) sync();
    return;
  }
  drain();
  durable_hooks_.run_through(log_->published());
  if (options_.durability == Durability::disposable) environment_->sync();
  const bool is_to_be_compacted = wants_compaction();
  log_.reset();
  shared_.reset();
  environment_.reset();
  remove_log_files(*hooks_.io, options_.path);
  // It is on the device, whatever becomes of a copy.
  if (options_.durability == Durability::disposable) end_disposable(options_, hooks_);
  const bool is_certain = !is_to_be_compacted || compact();
  if (options_.durability != Durability::disposable && is_certain) {
    write_clean_note(*hooks_.io, options_.path, options_.mode);
  }
}

bool Database::wants_compaction() try {
  return is_worth_compacting(*environment_, options_, *hooks_.io,
                             (*shared_)->bytes_applied.load(std::memory_order_relaxed));
} catch (const std::exception& error) {
  warn(options_, hooks_, "not compacted", error);
  return false;
}

bool Database::compact() {
  std::unique_ptr<SecondDatabase> second;
  const SteadyTime begin = hooks_.clock->steady_now();
  try {
    second = make_compact_copy(options_, hooks_, [&](std::uint64_t, std::uint64_t) {
      hooks_.io->point("compact.ask");
      return hooks_.clock->steady_now() - begin < options_.compact_on_close &&
             look_for_users(*hooks_.io, directory_.users()) == Presence::nobody;
    });
    if (!second || !second->has_owner_of_the_other()) return true;
  } catch (const std::exception& error) {
    warn(options_, hooks_, "not compacted", error);
    return true;
  }
  try {
    second->replace();
    return true;
  } catch (const std::exception& error) {
    warn(options_, hooks_, "not compacted", error);
    return false;
  }
}

void Database::drain() {
  const SteadyTime deadline = Clock::system().steady_now() + options_.timeout;
  log_->apply_sealed(nullptr, deadline);
  {
    const RobustLock lock((*shared_)->write_mutex, deadline);
    log_->repair(deadline);
    log_->seal();
  }
  log_->apply_sealed(nullptr, deadline);
}

void Database::view(FunctionRef<void(ReadTxn&)> body) {
  if (const ActiveTxn* outer = ActiveTxn::find(this)) {
    body(outer->reader());
    return;
  }
  with_snapshot([&](const Snapshot& snapshot) {
    SnapshotTxn txn(snapshot);
    const ActiveTxn scope(this, txn, nullptr);
    body(txn);
  });
}

void Database::with_snapshot(FunctionRef<void(const Snapshot&)> body) {
  const SlotGuard guard(environment_->slots());
  Snapshot snapshot;
  while (!log_->take_snapshot(guard.slot(), snapshot)) environment_->adopt_map(&guard.slot());
  body(snapshot);
}

void Database::check_sync() const {
  log_->whereabouts().check();
  if ((*shared_)->sync_failed.load(std::memory_order_relaxed) == 0) return;
  throw Error(ErrorKind::unavailable,
              "the device failed to sync " + options_.path.string() +
                  "; close it in all processes and open it again, which recovers what is there");
}

void Database::update(FunctionRef<void(WriteTxn&)> body, const UpdateOptions& options) {
  if (const ActiveTxn* outer = ActiveTxn::find(this)) {
    LogWriteTxn* writer = outer->writer();
    if (writer == nullptr) {
      throw Error(ErrorKind::invalid_argument, "an update cannot start inside of a view");
    }
    try {
      body(*writer);
    } catch (...) {
      writer->poison();
      throw;
    }
    return;
  }
  check_sync();
  const SteadyTime deadline =
      options.deadline ? *options.deadline : Clock::system().steady_now() + options_.timeout;
  UpdateHooks hooks;
  const std::uint64_t sequence = run_update(body, options, deadline, hooks);
  hooks.committed();
  settle_hooks(sequence, hooks);
}

void Database::settle_hooks(std::uint64_t sequence, UpdateHooks& hooks) {
  if (sequence != 0) {
    // Before the syncer looks what waits for it.
    if (options_.durability == Durability::consistent) {
      durable_hooks_.add(sequence, hooks.take_durable());
    }
    background_->wrote();
    if (options_.durability == Durability::durable) {
      log_->sync_through(sequence);
      check_sync();
    }
  }
  hooks.durable();
}

std::uint64_t Database::run_update(FunctionRef<void(WriteTxn&)> body, const UpdateOptions& options,
                                   SteadyTime deadline, UpdateHooks& hooks) {
  const RobustLock lock((*shared_)->write_mutex, deadline);
  log_->repair(deadline);
  const SlotGuard guard(environment_->slots());
  LogWriteTxn txn(*log_, *environment_, *shared_, guard.slot(), deadline, options, hooks);
  const ActiveTxn scope(this, txn, &txn);
  body(txn);
  return txn.commit();
}

void Database::sync() {
  check_sync();
  log_->whereabouts().look();
  if (options_.durability == Durability::disposable) return;
  const std::uint64_t published = log_->published();
  log_->sync_through(published);
  durable_hooks_.run_through(published);
}

std::span<std::byte> Database::shared_memory(std::string_view name, std::size_t size) {
  const std::string file = SharedArea::file_name(name);
  const MutexLock lock(areas_mutex_);
  auto found = areas_.find(file);
  if (found == areas_.end()) {
    log_->whereabouts().look();
    found = areas_.try_emplace(file, *hooks_.io, options_.path / file, size, options_.mode).first;
  }
  if (found->second.bytes().size() != size) {
    throw Error(ErrorKind::invalid_argument,
                "shared memory '" + std::string(name) + "' is in use with another size");
  }
  return found->second.bytes();
}

ClaimPtr Database::claim(BytesView name, SteadyTime deadline) {
  return Claims(**shared_, shared_->claims()).take(name, deadline);
}

const std::atomic<std::uint64_t>* Database::generation(BytesView key) const {
  return &shared_->generations().of(key_hash(StoredKey(key).bytes()));
}

std::uint64_t Database::presence() {
  const MutexLock lock(mark_mutex_);
  if (!mark_) mark_.emplace(*hooks_.io, options_.path / "users");
  return mark_->number();
}

EngineInfo Database::info() {
  EngineInfo info{.uri = "lmdb:" + options_.path.string(),
                  .entries = 0,
                  .disk_bytes = disk_bytes_in(*hooks_.io, options_.path),
                  .used_bytes = environment_->live_bytes(),
                  .syncs = log_->syncs()};
  with_snapshot([&](const Snapshot& snapshot) { info.entries = snapshot.entries(); });
  return info;
}

}  // namespace larder::lmdb
