// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/snapshot.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include "engine/lmdb/stored_key.h"
#include "larder/core/error.h"

namespace larder::lmdb {
namespace {

/// So many erased keys before the first one with a value are worth a note.
constexpr std::size_t worth_noting = 16;

/// What a scan merges: one source of entries, each with a distinct key, in order.
class Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;

  [[nodiscard]] const std::optional<LogEntry>& head() const noexcept { return head_; }
  virtual void start(const StoredRange& range, Direction direction) = 0;
  virtual void advance(Direction direction) = 0;

 protected:
  std::optional<LogEntry> head_;
};

class SegmentSource final : public Source {
 public:
  void read(Layer layer) noexcept { layer_ = layer; }

  void start(const StoredRange& range, Direction direction) override {
    if (direction == Direction::forward) {
      head_ = layer_.segment->at_or_after(range.begin, layer_.limit);
    } else {
      head_ = layer_.segment->before(
          range.end ? std::optional<BytesView>(*range.end) : std::nullopt, layer_.limit);
    }
  }
  void advance(Direction direction) override {
    const BytesView key = head_->key;
    head_ = direction == Direction::forward ? layer_.segment->after(key, layer_.limit)
                                            : layer_.segment->before(key, layer_.limit);
  }

 private:
  Layer layer_ = {};
};

class LmdbSource final : public Source {
 public:
  explicit LmdbSource(const TableView& table) : cursor_(table) {}

  void start(const StoredRange& range, Direction direction) override {
    take(direction == Direction::forward
             ? cursor_.at_or_after(range.begin)
             : cursor_.before(range.end ? std::optional<BytesView>(*range.end) : std::nullopt));
  }
  void advance(Direction direction) override { take(cursor_.beside(head_->key, direction)); }

 private:
  void take(const std::optional<TableCursor::Entry>& entry) {
    head_.reset();
    if (entry) head_ = LogEntry{.key = entry->key, .value = entry->value};
  }

  TableCursor cursor_;
};

/// Merges sources; the earlier of two that have a key hides the later one.
class Merge {
 public:
  Merge(std::span<Source* const> sources, const StoredRange& range, Direction direction)
      : sources_(sources), range_(range), direction_(direction) {
    for (Source* source : sources_) source->start(range, direction);
  }

  /// The next entry, erased or not; nothing at the end of the range.
  std::optional<LogEntry> next() {
    std::optional<LogEntry> best;
    for (const Source* source : sources_) {
      if (source->head() && (!best || precedes(source->head()->key, best->key))) {
        best = source->head();
      }
    }
    if (!best || is_beyond(best->key)) return std::nullopt;
    for (Source* source : sources_) {
      if (source->head() && equal(source->head()->key, best->key)) source->advance(direction_);
    }
    return best;
  }

 private:
  [[nodiscard]] bool precedes(BytesView a, BytesView b) const {
    return direction_ == Direction::forward ? compare(a, b) < 0 : compare(a, b) > 0;
  }
  [[nodiscard]] bool is_beyond(BytesView key) const {
    if (direction_ == Direction::backward) return compare(key, range_.begin) < 0;
    return range_.end && compare(key, *range_.end) >= 0;
  }

  std::span<Source* const> sources_;
  const StoredRange& range_;
  Direction direction_;
};

/// What lies between the side of `range` where the walk began and `first`, or all of it.
StoredRange walked_over(const StoredRange& range, Direction direction,
                        const std::optional<LogEntry>& first) {
  StoredRange walked = range;
  if (!first) return walked;
  if (direction == Direction::forward) {
    walked.end = to_bytes(first->key);
  } else {
    walked.begin = to_bytes(first->key);
    walked.begin.push_back(std::byte{0});  // the next key there can be
  }
  return walked;
}

}  // namespace

std::optional<BytesView> Snapshot::get(BytesView key) const {
  if (active != nullptr || !sealed.empty()) {
    const std::uint64_t hash = key_hash(key);
    std::optional<LogEntry> entry;
    if (active != nullptr) entry = active->find(key, hash, active_limit);
    for (const Layer& layer : sealed) {
      if (entry) break;
      entry = layer.segment->find(key, hash, layer.limit);
    }
    if (entry) return entry->erased ? std::nullopt : std::optional(entry->value);
  }
  return table.get(key);
}

Layers Snapshot::log() const {
  Layers layers;
  if (active != nullptr) layers.add({active, active_limit});
  for (const Layer& layer : sealed) layers.add(layer);
  return layers;
}

std::uint64_t Snapshot::entries() const {
  std::uint64_t count = table.entries();
  for (LogMerge at(log(), {}); !at.ended(); at.next()) {
    const LogEntry& entry = at.entry();
    const bool stored = table.get(entry.key).has_value();
    if (stored && entry.erased) --count;
    if (!stored && !entry.erased) ++count;
  }
  return count;
}

void Snapshot::scan(const KeyRange& range, Direction direction,
                    FunctionRef<Visit(BytesView, BytesView)> visit, EmptyRanges* empty) const {
  StoredRange stored(range);
  if (empty != nullptr) empty->narrow(stored, direction);
  if (stored.is_empty() || (range.end && compare(range.begin, *range.end) >= 0)) return;
  std::array<SegmentSource, segment_count> segments;
  std::array<Source*, segment_count + 1> sources = {};
  std::size_t count = 0;
  for (const Layer& layer : log()) {
    segments[count].read(layer);
    sources[count] = &segments[count];
    ++count;
  }
  LmdbSource oldest(table);
  sources[count++] = &oldest;
  Merge merge(std::span(sources.data(), count), stored, direction);
  std::optional<LogEntry> entry = merge.next();
  std::size_t erased = 0;
  for (; entry && entry->erased; entry = merge.next()) ++erased;
  if (empty != nullptr && erased >= worth_noting) {
    empty->note(walked_over(stored, direction, entry));
  }
  for (; entry; entry = merge.next()) {
    if (entry->erased) continue;
    const std::optional<Pair> pair = unwrap(entry->key, entry->value);
    if (!pair) fail_damaged("a long key is cut");
    if (compare(pair->key, range.begin) < 0) continue;
    if (range.end && compare(pair->key, *range.end) >= 0) continue;
    if (visit(pair->key, pair->value) == Visit::stop) return;
  }
}

std::optional<BytesView> get_unwrapped(const Snapshot& snapshot, BytesView key) {
  const StoredKey stored(key);
  const std::optional<BytesView> value = snapshot.get(stored.bytes());
  if (!value || !stored.is_long()) return value;
  const std::optional<Pair> pair = unwrap(stored.bytes(), *value);
  if (!pair) fail_damaged("a long key is cut");
  if (!equal(pair->key, key)) return std::nullopt;
  return pair->value;
}

std::optional<BytesView> SnapshotTxn::do_get(BytesView key) {
  return get_unwrapped(snapshot_, key);
}

void SnapshotTxn::do_scan(const KeyRange& range, Direction direction,
                          FunctionRef<Visit(BytesView, BytesView)> visit) {
  snapshot_.scan(range, direction, visit);
}

}  // namespace larder::lmdb
