// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/log_write_txn.h"

#include <utility>
#include <vector>

#include "engine/lmdb/stored_key.h"
#include "larder/core/error.h"
#include "larder/core/process.h"

namespace larder::lmdb {

LogWriteTxn::LogWriteTxn(Log& log, Environment& environment, SharedMapping& shared,
                         ReaderSlots::Slot& slot, SteadyTime deadline, const UpdateOptions& options,
                         UpdateHooks& hooks)
    : log_(log),
      environment_(environment),
      shared_(*shared),
      generations_(shared.generations()),
      empty_(shared.empty_ranges()),
      slot_(slot),
      deadline_(deadline),
      frees_space_(options.frees_space),
      hooks_(hooks),
      forks_(fork_generation()),
      random_(reinterpret_cast<std::uintptr_t>(this) ^ log.published()) {
  refresh_snapshot();
}

LogWriteTxn::~LogWriteTxn() {
  if (forks_ != fork_generation()) return;  // the child of a fork: it is the parent's transaction
  if (Segment* segment = log_.active()) segment->abandon();
}

void LogWriteTxn::refresh_snapshot() {
  ReaderSlots::end(slot_);
  while (!log_.take_snapshot(slot_, snapshot_)) environment_.adopt_map(&slot_);
  // What this transaction has appended itself counts for it.
  snapshot_.active = log_.active();
  snapshot_.active_limit = not_sealed;
}

void LogWriteTxn::go_direct() {
  const bool was_poisoned = std::exchange(poisoned_, true);  // if it fails, changes are lost
  try {
    {
      // Who holds the lock may have to move LMDB's map, and then waits for every slot.
      const SlotPause pause(environment_.slots(), &slot_);
      apply_lock_.emplace(shared_.apply_mutex, deadline_);
    }
    direct_.emplace(environment_.begin_large_write(&slot_));
    log_.drain_into(*direct_);
  } catch (...) {
    direct_.reset();
    apply_lock_.reset();
    refresh_snapshot();  // what was seen so far was given up with the slot
    throw;
  }
  snapshot_ = {.table = TableView(environment_, *direct_)};
  poisoned_ = was_poisoned;
}

void LogWriteTxn::make_room(const LogEntry& entry) {
  const std::size_t key_bytes = entry.key.size();
  const std::size_t value_bytes = entry.value.size();
  Segment* segment = log_.active();
  // A sixteenth of the log is kept for updates that free space.
  const std::uint64_t spare = frees_space_ || segment == nullptr ? 0 : segment->log_bytes() / 16;
  if (segment != nullptr && segment->has_room(key_bytes, value_bytes, spare)) return;
  const std::uint64_t own = segment == nullptr ? 0 : segment->open_bytes();
  if (own + key_bytes + value_bytes > log_.next_log_bytes() / 2) {
    go_direct();
    return;
  }
  const Log::Need need{.bytes = own + key_bytes + value_bytes, .frees_space = frees_space_};
  try {
    log_.rotate(slot_, deadline_, need);
  } catch (const Error& error) {
    refresh_snapshot();  // the transaction may go on, only not with this entry
    if (error.kind() != ErrorKind::full) throw;
    if (!log_.has_room_without(slot_, need)) throw;
    go_direct_without_log();
    return;
  }
  refresh_snapshot();
}

void LogWriteTxn::go_direct_without_log() {
  std::vector<std::pair<Bytes, std::optional<Bytes>>> mine;
  const bool was_poisoned = std::exchange(poisoned_, true);  // if it fails, changes are lost
  if (Segment* segment = log_.active()) {
    segment->for_each_open_entry([&](const LogEntry& entry) {
      mine.emplace_back(to_bytes(entry.key), std::nullopt);
      if (!entry.erased) mine.back().second = to_bytes(entry.value);
    });
    segment->abandon();
    log_.seal();
  }
  // Everything at once may find no room in LMDB: what the log holds goes first, in small steps.
  log_.apply_sealed(&slot_, deadline_);
  go_direct();
  for (const auto& [key, value] : mine) {
    direct_->apply({.key = key, .value = value.value_or(Bytes()), .erased = !value});
  }
  poisoned_ = was_poisoned;
}

void LogWriteTxn::expect_no_fork() const {
  if (forks_ == fork_generation()) return;
  throw Error(ErrorKind::invalid_argument, "an update cannot go on in the child of a fork");
}

void LogWriteTxn::write(const LogEntry& entry) {
  expect_no_fork();
  log_.announce_write();
  if (!direct_) make_room(entry);
  changed_ = true;
  if (!entry.erased) empty_.fill(entry.key);
  if (equal(entry.key, sought_key_)) sought_.reset();
  if (direct_) {
    direct_->apply(entry);
    raise_generation(key_hash(entry.key));
    return;
  }
  raise_generation(log_.active()->add(entry, random_));
}

void LogWriteTxn::raise_generation(std::uint64_t hash) const noexcept {
  generations_.of(hash).store(log_.published() + 1, std::memory_order_release);
}

std::optional<BytesView> LogWriteTxn::do_get(BytesView key) {
  sought_.reset();
  const std::optional<BytesView> value = get_unwrapped(snapshot_, key);
  if (key.size() <= short_key_bytes) {
    sought_key_.assign(key.begin(), key.end());
    sought_ = value.has_value();
  }
  return value;
}

bool LogWriteTxn::has(BytesView key) {
  if (sought_ && equal(key, sought_key_)) return *sought_;
  return do_get(key).has_value();
}

void LogWriteTxn::do_scan(const KeyRange& range, Direction direction,
                          FunctionRef<Visit(BytesView, BytesView)> visit) {
  // The child of a fork has no say in what others know.
  snapshot_.scan(range, direction, visit, forks_ == fork_generation() ? &empty_ : nullptr);
}

void LogWriteTxn::do_put(BytesView key, BytesView value) {
  const StoredKey stored(key);
  if (value.size() > UINT32_MAX - (std::uint32_t{1} << 20U)) {
    throw Error(ErrorKind::invalid_argument, "a value must be shorter than 4 GiB");
  }
  // Making room ends the snapshot and LMDB moves its pages: a view from this transaction would not
  // survive that. Where nothing moves, no copy is needed.
  Segment* segment = direct_ ? nullptr : log_.active();
  const bool stays =
      segment != nullptr && segment->has_room(stored.bytes().size() + key.size(), value.size(),
                                              segment->log_bytes() / 16);
  if (stays && !stored.is_long()) {
    write({.key = stored.bytes(), .value = value});
    return;
  }
  const Bytes own_key = to_bytes(stored.bytes());
  const Bytes own_value = stored.is_long() ? stored.wrap(value) : to_bytes(value);
  write({.key = own_key, .value = own_value});
}

bool LogWriteTxn::do_erase(BytesView key) {
  if (!has(key)) return false;
  const StoredKey stored(key);
  const Bytes own_key = to_bytes(stored.bytes());
  write({.key = own_key, .value = {}, .erased = true});
  return true;
}

std::uint64_t LogWriteTxn::do_erase_range(const KeyRange& range) {
  std::vector<Bytes> keys;
  do_scan(range, Direction::forward, [&](BytesView key, BytesView) {
    keys.push_back(to_bytes(key));
    return Visit::more;
  });
  for (const Bytes& key : keys) {
    const StoredKey stored(key);
    write({.key = stored.bytes(), .value = {}, .erased = true});
  }
  return keys.size();
}

std::uint64_t LogWriteTxn::commit() {
  expect_no_fork();
  if (poisoned_) {
    throw Error(ErrorKind::invalid_argument,
                "an update inside of this one has failed, so this one cannot be committed");
  }
  std::uint64_t sequence = 0;
  if (changed_) {
    sequence = direct_ ? log_.publish_direct(*direct_, files_) : log_.publish(files_);
  }
  direct_.reset();
  empty_.publish();
  return sequence;
}

}  // namespace larder::lmdb
