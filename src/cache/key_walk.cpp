// SPDX-License-Identifier: Apache-2.0
#include "cache/key_walk.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "cache/record.h"
#include "larder/core/error.h"

namespace larder::detail {

namespace {

constexpr std::size_t batch_entries = 128;

// Engine keys above this length that begin alike come in no particular order (txn.h), so a walk
// must not stop among them.
constexpr std::size_t ordered_key_bytes = 480;

BytesView ordered_part(BytesView engine_key) {
  return engine_key.first(std::min(engine_key.size(), ordered_key_bytes));
}

}  // namespace

KeyWalk::KeyWalk(std::shared_ptr<const CacheCore> core, Over over, Direction direction)
    : core_(std::move(core)),
      over_(over),
      direction_(direction),
      end_sequence_(core_->state().meta().next_sequence) {}

KeyWalk::KeyWalk(std::shared_ptr<const CacheCore> core, KeyOrder order, Direction direction)
    : KeyWalk(std::move(core), order == KeyOrder::insertion ? Over::index : Over::records,
              direction) {
  if (!core_->parts().empty()) {
    for (const auto& part : core_->parts()) walks_.emplace_back(part, order, direction);
    is_merging_ = order == KeyOrder::key;
    // In insertion order one shard comes after the other.
    if (direction == Direction::backward) std::ranges::reverse(walks_);
    return;
  }
  const Layout& layout = core_->state().layout;
  rest_ = over_ == Over::index ? layout.order_range(0, end_sequence_) : layout.range(Space::record);
}

KeyWalk KeyWalk::over_prefix(std::shared_ptr<const CacheCore> core, BytesView prefix) {
  KeyWalk walk(std::move(core), Over::records, Direction::forward);
  walk.rest_ = KeyRange::prefix(walk.core_->state().layout.record(prefix).view());
  return walk;
}

KeyWalk KeyWalk::over_tag(std::shared_ptr<const CacheCore> core, std::string_view tag) {
  KeyWalk walk(std::move(core), Over::index, Direction::forward);
  walk.rest_ = walk.core_->state().layout.tag_range(tag, walk.end_sequence_);
  return walk;
}

bool KeyWalk::next_of_parts() {
  if (!is_merging_) {
    while (at_ < walks_.size() && !walks_[at_].next()) ++at_;
    return at_ < walks_.size();
  }
  if (has_key_.empty()) {
    for (KeyWalk& walk : walks_) has_key_.push_back(walk.next());
  } else {
    has_key_[at_] = walks_[at_].next();
  }
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < walks_.size(); ++i) {
    if (!has_key_[i]) continue;
    const bool is_better =
        !best || (direction_ == Direction::forward ? walks_[i].key() < walks_[*best].key()
                                                   : walks_[*best].key() < walks_[i].key());
    if (is_better) best = i;
  }
  at_ = best.value_or(0);
  return best.has_value();
}

bool KeyWalk::next() {
  if (!walks_.empty()) return next_of_parts();
  if (!batch_.empty() && ++at_ < batch_.size()) return true;
  do {
    fetch();
  } while (batch_.empty() && !is_done_);
  return !batch_.empty();
}

void KeyWalk::fetch() {
  batch_.clear();
  at_ = 0;
  if (is_done_) return;
  seen_ = 0;
  is_done_ = true;
  core_->engine().view([&](ReadTxn& txn) {
    const std::uint64_t first = load_meta(txn, core_->state().layout).cleared_below;
    txn.scan(rest_, direction_,
             [&](BytesView engine_key, BytesView value) { return take(first, engine_key, value); });
  });
  if (!is_done_) continue_after(last_);
}

Visit KeyWalk::take(std::uint64_t first, BytesView engine_key, BytesView value) {
  if (seen_ >= batch_entries && !equal(ordered_part(engine_key), ordered_part(last_))) {
    is_done_ = false;
    return Visit::stop;
  }
  ++seen_;
  if (seen_ >= batch_entries) last_ = to_bytes(engine_key);
  if (over_ == Over::index) {
    if (Layout::sequence_at_end(engine_key) >= first) add(value);
    return Visit::more;
  }
  // A damaged record is shown: someone may want to erase it.
  const std::optional<Record> record = open_record(value, engine_key);
  if (!record || (record->sequence >= first && record->sequence < end_sequence_)) {
    add(core_->state().layout.key_of_record(engine_key));
  }
  return Visit::more;
}

void KeyWalk::add(BytesView key) {
  try {
    batch_.push_back(Key::from_bytes(key));
  } catch (const Error& error) {
    core_->state().log(LogLevel::error, std::string("cache: passed over a key: ") + error.what());
  }
}

void KeyWalk::continue_after(BytesView engine_key) {
  Bytes bound = to_bytes(ordered_part(engine_key));
  const bool is_group = engine_key.size() > ordered_key_bytes;
  if (direction_ == Direction::backward) {
    // Behind the key of exactly this length, if the longer ones were the last.
    if (is_group) bound.push_back(std::byte{0});
    rest_.end = std::move(bound);
  } else if (is_group) {
    rest_.begin = KeyRange::prefix(bound).end.value_or(Bytes{});
  } else {
    bound.push_back(std::byte{0});
    rest_.begin = std::move(bound);
  }
}

}  // namespace larder::detail

namespace larder {

CacheKeys::Iterator CacheKeys::begin() const {
  return Iterator(std::make_shared<detail::KeyWalk>(core_, order_, direction_));
}

CacheKeys::Iterator::Iterator(std::shared_ptr<detail::KeyWalk> walk) : walk_(std::move(walk)) {
  ++*this;
}

const Key& CacheKeys::Iterator::operator*() const { return walk_->key(); }

CacheKeys::Iterator& CacheKeys::Iterator::operator++() {
  if (!walk_->next()) walk_ = nullptr;
  return *this;
}

}  // namespace larder
