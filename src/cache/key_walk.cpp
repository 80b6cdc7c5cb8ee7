// SPDX-License-Identifier: Apache-2.0
#include "cache/key_walk.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "cache/record.h"
#include "engine/resume.h"
#include "larder/core/error.h"

namespace larder::detail {

namespace {

constexpr std::size_t batch_entries = 128;

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
  if (!is_done_) continue_after(rest_, direction_, last_);
}

Visit KeyWalk::take(std::uint64_t first, BytesView engine_key, BytesView value) {
  if (seen_ >= batch_entries && !are_unordered(engine_key, last_)) {
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
