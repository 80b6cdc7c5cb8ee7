// SPDX-License-Identifier: Apache-2.0
#include "larder/cache/detail/object_table.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cache/hashed_key.h"
#include "cache/state.h"
#include "larder/core/error.h"
#include "larder/core/mutex.h"
#include "larder/core/process.h"

namespace larder::detail {

namespace {

struct Kept {
  ObjectTable::Object object;
  ObjectTable::Watch watch;
  WallTime expires_at = never;
  std::uint64_t sequence = 0;  // of the entry in the cache
  std::size_t place = 0;       // in the ring
  bool is_used = false;        // since the hand came by
};

using Map = std::unordered_map<HashedKey, Kept, HashOf, SameKey>;

/// A part of the objects. Who must make room goes by CLOCK (Corbato, 1968).
class Stripe {
 public:
  /// Calls `look(kept)` if there is an object, and lets it go if the answer is false.
  template <typename Look>
  void find(const HashedView& key, Look look) {
    ObjectTable::Object gone;  // destroyed without the lock
    const MutexLock lock(mutex_);
    const auto found = map_.find(key);
    if (found == map_.end()) return;
    if (look(found->second)) {
      found->second.is_used = true;
    } else {
      gone = take(found);
    }
  }

  void keep(HashedKey key, Kept kept, std::size_t most) {
    ObjectTable::Object gone;
    const MutexLock lock(mutex_);
    if (const auto found = map_.find(key); found != map_.end()) {
      gone = take(found);
    } else if (ring_.size() >= most) {
      gone = take(choose());
    }
    kept.place = ring_.size();
    const auto added = map_.emplace(std::move(key), std::move(kept)).first;
    ring_.push_back(&*added);
  }

  [[nodiscard]] std::size_t size() {
    const MutexLock lock(mutex_);
    return ring_.size();
  }

  void clear() {
    Map gone;
    const MutexLock lock(mutex_);
    std::swap(gone, map_);
    ring_.clear();
  }

 private:
  Map::iterator choose() LARDER_REQUIRES(mutex_) {
    for (;; ++hand_) {
      if (hand_ >= ring_.size()) hand_ = 0;
      Kept& kept = ring_[hand_]->second;
      if (!std::exchange(kept.is_used, false)) return map_.find(ring_[hand_]->first);
    }
  }
  ObjectTable::Object take(Map::iterator found) LARDER_REQUIRES(mutex_) {
    ObjectTable::Object object = std::move(found->second.object);
    const std::size_t place = found->second.place;
    ring_[place] = ring_.back();
    ring_[place]->second.place = place;
    ring_.pop_back();
    map_.erase(found);
    return object;
  }

  Mutex mutex_;
  Map map_ LARDER_GUARDED_BY(mutex_);
  std::vector<Map::value_type*> ring_ LARDER_GUARDED_BY(mutex_);
  std::size_t hand_ LARDER_GUARDED_BY(mutex_) = 0;
};

}  // namespace

struct ObjectTable::Board {
  static constexpr std::size_t most_stripes = 16;

  struct alignas(64) Line {
    Stripe stripe;
    std::atomic<std::uint64_t> hits = 0;
  };

  explicit Board(std::size_t max_objects)
      : stripes(std::min(most_stripes, max_objects)), most_in_stripe(max_objects / stripes) {}

  std::uint64_t forks = fork_generation();
  std::size_t stripes;
  std::size_t most_in_stripe;
  std::array<Line, most_stripes> lines;

  [[nodiscard]] Line& of(const HashedView& key) noexcept {
    return lines[(key.hash >> 48U) % stripes];
  }
};

ObjectTable::ObjectTable(std::shared_ptr<const CacheCore> core, std::size_t max_objects)
    : core_(std::move(core)), max_objects_(max_objects), board_(nullptr) {
  if (max_objects == 0) {
    throw Error(ErrorKind::invalid_argument, "object tier: max_objects must be at least 1");
  }
  board_ = new Board(max_objects);
}

ObjectTable::~ObjectTable() { delete board_.load(); }

ObjectTable::Board& ObjectTable::board() const {
  Board* current = board_.load(std::memory_order_acquire);
  if (current->forks == fork_generation()) return *current;
  // The parent's threads do not run here, so its mutexes may be locked for ever: it is left alone.
  auto fresh = std::make_unique<Board>(max_objects_);
  if (board_.compare_exchange_strong(current, fresh.get())) current = fresh.release();
  return *current;
}

ObjectTable::Object ObjectTable::find(const Key& key) {
  const HashedView wanted = hashed(key);
  const CacheCore::State& state = core_->holder_of(key).state();
  Board::Line& line = board().of(wanted);
  Object found;
  std::uint64_t sequence = 0;
  line.stripe.find(wanted, [&](const Kept& kept) {
    const bool is_current =
        kept.watch.place->load(std::memory_order_acquire) == kept.watch.generation &&
        kept.sequence >= state.statistics.cleared_below() &&
        (kept.expires_at == never || state.hooks.clock->now() < kept.expires_at);
    if (!is_current) return false;
    found = kept.object;
    sequence = kept.sequence;
    return true;
  });
  if (!found) return nullptr;
  line.hits.fetch_add(1, std::memory_order_relaxed);
  state.eviction.note_use(sequence, key.bytes());
  state.statistics.add(Event::hit);
  return found;
}

ObjectTable::Watch ObjectTable::watch(const Key& key) const {
  const CacheCore::State& state = core_->holder_of(key).state();
  const EngineKey at = state.layout.record(key.bytes());
  const std::atomic<std::uint64_t>* place = state.engine->generation(at.view());
  if (place == nullptr) return {};
  const std::uint64_t generation = place->load(std::memory_order_acquire);
  // An update that is not visible yet may have announced itself already.
  if (state.engine->sequence() < generation) return {};
  return {.place = place, .generation = generation};
}

void ObjectTable::keep(const Key& key, const Watch& watch, const SeenEntry& entry, Object object) {
  if (watch.place == nullptr || entry.record->timing.idle_ttl != Duration::zero()) return;
  const HashedView wanted = hashed(key);
  Board& board = this->board();
  board.of(wanted).stripe.keep({wanted.hash, key},
                               {.object = std::move(object),
                                .watch = watch,
                                .expires_at = entry.record->fresh_until(),
                                .sequence = entry.record->sequence},
                               board.most_in_stripe);
}

void ObjectTable::clear() {
  for (Board::Line& line : board().lines) line.stripe.clear();
}

std::size_t ObjectTable::size() const {
  std::size_t size = 0;
  for (Board::Line& line : board().lines) size += line.stripe.size();
  return size;
}

std::uint64_t ObjectTable::hits() const {
  std::uint64_t hits = 0;
  for (const Board::Line& line : board().lines) hits += line.hits.load(std::memory_order_relaxed);
  return hits;
}

}  // namespace larder::detail
