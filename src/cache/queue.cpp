// SPDX-License-Identifier: Apache-2.0

// Queues: caches within a cache, whose keys are numbers. What is pushed at the back gets the next
// sequence number of that cache as its key, at the front the same below zero: so the keys are in
// the order of the queue, and none is ever used again.

#include "larder/cache/queue.h"

#include <algorithm>
#include <utility>

#include "cache/key_walk.h"
#include "cache/seen.h"
#include "cache/store.h"
#include "cache/sub_directory.h"
#include "larder/core/error.h"

namespace larder {

namespace detail {

namespace {

// If who pushed was killed before it could wake anybody.
constexpr std::chrono::seconds look_again{1};
// So many useless items go in one update.
constexpr int skipped_at_once = 256;

Direction direction_of(QueueEnd end) {
  return end == QueueEnd::back ? Direction::backward : Direction::forward;
}

Error other_type(const Key& key) {
  return {ErrorKind::invalid_argument,
          "cache: the item " + key.to_string() + " was stored as another type; it stays"};
}

}  // namespace

std::optional<Bytes> Table::end_key(Direction direction) {
  std::optional<Bytes> found;
  txn_.scan(state_.layout.range(Space::record), direction, [&](BytesView at, BytesView) {
    found = to_bytes(state_.layout.key_of_record(at));
    return Visit::stop;
  });
  return found;
}

void Table::after_commit(std::function<void()> hook) {
  txn_.at_end([hook = std::move(hook)](UpdateEnd end) {
    if (end == UpdateEnd::committed) hook();
  });
}

std::int64_t CacheCore::push(QueueEnd end, std::uint64_t schema, BytesView value,
                             const PutOptions& options) {
  const Bytes tags = checked_tags(options);
  const Packed packed(value, schema, *state_);
  std::int64_t id = 0;
  const bool is_stored = update(*state_, {}, [&](Table& table) {
    table.tidy();
    id = static_cast<std::int64_t>(table.meta().next_sequence);
    if (end == QueueEnd::front) id = -id;
    const NewEntry entry{.schema = schema, .options = options, .tags = tags};
    if (!store_in(table, Key(id).bytes(), packed, entry, std::nullopt)) return false;
    table.after_commit(
        [core = shared_from_this()] { core->engine().notify(core->state().layout.prefix()); });
    return true;
  });
  if (!is_stored) {
    throw Error(ErrorKind::full, "cache: the queue is full: pull from it, or raise its limits");
  }
  return id;
}

bool CacheCore::pull(QueueEnd end, std::uint64_t schema, ItemVisitor visit) {
  enum class Result { more, empty, pulled, other };
  for (;;) {
    std::optional<Key> met;
    const Result result =
        update(*state_, {.deadline = std::nullopt, .frees_space = true}, [&](Table& table) {
          for (int skipped = 0; skipped < skipped_at_once; ++skipped) {
            const std::optional<Bytes> key = table.end_key(direction_of(end));
            if (!key) return Result::empty;
            // Removes what is expired, damaged or was cleared.
            const std::optional<Record> record = table.find(*key);
            if (!record) continue;
            met = Key::from_bytes(*key);
            const Seen seen = show_here(*record, schema, *state_->files,
                                        [&](const SeenEntry& entry) { visit(*met, entry); });
            if (seen == Seen::other_type) return Result::other;
            table.remove(*key, *record, Event::erased);
            if (seen == Seen::hit) {
              table.tally().add(Event::hit);
              return Result::pulled;
            }
            state_->log(LogLevel::error, "cache: the item " + met->to_string() +
                                             " of a queue is damaged: passed over");
          }
          return Result::more;
        });
    if (result == Result::other) throw other_type(*met);
    if (result != Result::more) return result == Result::pulled;
  }
}

bool CacheCore::look_within(std::chrono::nanoseconds timeout, FunctionRef<bool()> look) const {
  if (state_->engine->is_in_transaction()) {
    throw Error(ErrorKind::invalid_argument,
                "cache: an item is not to be waited for inside a transaction, which keeps out who "
                "pushes: wait before it, or pull without waiting");
  }
  const BytesView name = state_->layout.prefix();
  const Clock& clock = Clock::system();
  const SteadyTime deadline = clock.steady_now() + std::min<std::chrono::nanoseconds>(
                                                       timeout, std::chrono::hours{24 * 365});
  for (;;) {
    const std::uint32_t seen = state_->engine->notifications(name);
    if (look()) return true;
    const SteadyTime now = clock.steady_now();
    if (now >= deadline) return false;
    state_->engine->wait(name, seen, std::min<SteadyTime>(deadline, now + look_again));
  }
}

bool CacheCore::pull_within(std::chrono::nanoseconds timeout, QueueEnd end, std::uint64_t schema,
                            ItemVisitor visit) {
  return look_within(timeout, [&] {
    // Asks to write only if there is something: not for each item that somebody else took. Who may
    // not write is told so at once.
    const bool asks = state_->is_read_only || state_->meta().entries > 0;
    return asks && pull(end, schema, visit);
  });
}

bool CacheCore::show_first(KeyWalk walk, std::uint64_t schema, ItemVisitor visit) const {
  while (walk.next()) {
    const CacheCore* part = part_of(walk.key());
    const CacheCore& home = part != nullptr ? *part : *this;
    const Seen seen = home.look_up(walk.key(), schema, {}, Staleness::refused,
                                   [&](const SeenEntry& entry) { visit(walk.key(), entry); });
    if (seen == Seen::other_type) throw other_type(walk.key());
    if (seen == Seen::hit) return true;
  }
  return false;
}

bool CacheCore::peek(QueueEnd end, std::uint64_t schema, ItemVisitor visit) const {
  return show_first({shared_from_this(), KeyOrder::key, direction_of(end)}, schema, visit);
}

bool CacheCore::peek_item(Direction direction, std::uint64_t schema, ItemVisitor visit) const {
  return show_first({shared_from_this(), KeyOrder::insertion, direction}, schema, visit);
}

Cache CacheAccess::make(std::shared_ptr<CacheCore> core) { return Cache(std::move(core)); }

}  // namespace detail

namespace {

CacheSettings never_evicting(CacheSettings limits) {
  limits.eviction = Eviction::none;
  return limits;
}

}  // namespace

Queue::Queue(const Cache& cache, std::string_view name, const CacheSettings& limits)
    : core_(detail::CacheAccess::core(cache)->make_sub(detail::SubKind::queue, name,
                                                       never_evicting(limits), {})) {}

std::vector<std::string> Queue::names(const Cache& cache) {
  return detail::CacheAccess::core(cache)->sub_names(detail::SubKind::queue);
}

bool Queue::drop(Cache& cache, std::string_view name) {
  return detail::CacheAccess::core(cache)->drop_sub(detail::SubKind::queue, name);
}

bool Queue::wait_within(std::chrono::nanoseconds timeout) const {
  return core_->look_within(timeout, [this] { return !empty(); });
}

std::uint64_t Queue::size() const { return core_->state().meta().entries; }

std::uint64_t Queue::clear() { return core_->clear(); }

Cache Queue::items() const { return detail::CacheAccess::make(core_); }

}  // namespace larder
