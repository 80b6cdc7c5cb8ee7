// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/empty_ranges.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <utility>

#include "engine/lmdb/stored_key.h"

namespace larder::lmdb {
namespace {

/// Views of a range, wherever it is kept.
struct RangeView {
  BytesView begin;
  std::optional<BytesView> end;

  [[nodiscard]] bool reaches(BytesView key) const noexcept {
    return !end || compare(key, *end) < 0;
  }
  [[nodiscard]] bool contains(BytesView key) const noexcept {
    return compare(begin, key) <= 0 && reaches(key);
  }
};

RangeView view(const StoredRange& range) {
  return {.begin = range.begin,
          .end = range.end ? std::optional<BytesView>(*range.end) : std::nullopt};
}

RangeView view(const EmptyRangeSlot& slot) noexcept {
  const BytesView bytes(slot.bytes);
  RangeView range{.begin = bytes.first(slot.begin_bytes), .end = std::nullopt};
  if (slot.has_end != 0) range.end = bytes.subspan(empty_range_key_bytes, slot.end_bytes);
  return range;
}

bool fits(const StoredRange& range) noexcept {
  return range.begin.size() <= empty_range_key_bytes &&
         (!range.end || range.end->size() <= empty_range_key_bytes);
}

void write(EmptyRangeSlot& slot, const StoredRange& range) noexcept {
  slot.begin_bytes = static_cast<std::uint8_t>(range.begin.size());
  std::copy(range.begin.begin(), range.begin.end(), slot.bytes);
  slot.has_end = range.end ? 1 : 0;
  if (!range.end) return;
  slot.end_bytes = static_cast<std::uint8_t>(range.end->size());
  std::copy(range.end->begin(), range.end->end(), slot.bytes + empty_range_key_bytes);
}

/// Makes `range` also cover `other`, if nothing is between them.
bool join(StoredRange& range, const RangeView& other) {
  const bool other_reaches = other.reaches(range.begin) || equal(*other.end, range.begin);
  const bool range_reaches = !range.end || compare(other.begin, *range.end) <= 0;
  if (!other_reaches || !range_reaches) return false;
  if (compare(other.begin, range.begin) < 0) range.begin = to_bytes(other.begin);
  if (!other.end) {
    range.end.reset();
  } else if (range.end && compare(*range.end, *other.end) < 0) {
    range.end = to_bytes(*other.end);
  }
  return true;
}

/// Takes `empty` off the side of `range` where a walk begins. Returns whether that changed it.
bool take_off(StoredRange& range, const RangeView& empty, Direction direction) {
  if (direction == Direction::forward) {
    if (!empty.contains(range.begin)) return false;
    if (empty.end) {
      range.begin = to_bytes(*empty.end);
    } else {
      range.end = range.begin;
    }
    return true;
  }
  const bool covers_end = range.end
                              ? compare(empty.begin, *range.end) < 0 &&
                                    (empty.reaches(*range.end) || equal(*empty.end, *range.end))
                              : !empty.end;
  if (covers_end) range.end = to_bytes(empty.begin);
  return covers_end;
}

}  // namespace

StoredRange::StoredRange(BytesView first, std::optional<BytesView> beyond)
    : begin(to_bytes(first)) {
  if (beyond) end = to_bytes(*beyond);
}

StoredRange::StoredRange(const KeyRange& range)
    : begin(to_bytes(BytesView(range.begin).first(std::min(range.begin.size(), short_key_bytes)))) {
  if (!range.end) return;
  end = *range.end;
  if (end->size() <= short_key_bytes) return;
  end->resize(short_key_bytes);
  end->resize(long_key_bytes + 1, std::byte{0xFF});
}

bool StoredRange::contains(BytesView key) const noexcept { return view(*this).contains(key); }

bool StoredRange::is_empty() const noexcept { return end && compare(begin, *end) >= 0; }

template <typename Predicate>
void EmptyRanges::drop_shared(Predicate is_to_go) {
  std::uint32_t set = table_.set.load(std::memory_order_relaxed);
  for (std::uint32_t left = set; left != 0; left &= left - 1) {
    const auto at = static_cast<std::size_t>(std::countr_zero(left));
    if (is_to_go(view(table_.slots[at]))) set &= ~(1U << at);
  }
  table_.set.store(set, std::memory_order_release);
}

bool EmptyRanges::narrow_once(StoredRange& range, Direction direction) const {
  for (const StoredRange& own : own_) {
    if (take_off(range, view(own), direction)) return true;
  }
  const std::uint32_t set = table_.set.load(std::memory_order_acquire);
  for (std::uint32_t left = set; left != 0; left &= left - 1) {
    const auto at = static_cast<std::size_t>(std::countr_zero(left));
    if (take_off(range, view(table_.slots[at]), direction)) return true;
  }
  return false;
}

void EmptyRanges::narrow(StoredRange& range, Direction direction) const {
  // Each may begin where the one before ended.
  while (!range.is_empty() && narrow_once(range, direction)) {
  }
}

void EmptyRanges::note(StoredRange range) {
  std::erase_if(own_, [&](const StoredRange& own) { return join(range, view(own)); });
  drop_shared([&](const RangeView& known) { return join(range, known); });
  if (!fits(range)) return;
  if (own_.size() == empty_range_slots) own_.erase(own_.begin());
  own_.push_back(std::move(range));
}

void EmptyRanges::fill(BytesView key) noexcept {
  if (!own_.empty()) {
    std::erase_if(own_, [&](const StoredRange& own) { return own.contains(key); });
  }
  if (table_.set.load(std::memory_order_relaxed) != 0) {
    drop_shared([&](const RangeView& known) { return known.contains(key); });
  }
}

void EmptyRanges::publish() noexcept {
  constexpr std::uint32_t all = (1U << empty_range_slots) - 1;
  for (const StoredRange& own : own_) {
    const std::uint32_t set = table_.set.load(std::memory_order_relaxed);
    if (set == all) table_.next = (table_.next + 1) % empty_range_slots;
    const std::size_t at =
        set == all ? table_.next : static_cast<std::size_t>(std::countr_one(set));
    // Whoever dies over a slot leaves it unset.
    table_.set.store(set & ~(1U << at), std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
    write(table_.slots[at], own);
    table_.set.store(set | (1U << at), std::memory_order_release);
  }
  own_.clear();
}

}  // namespace larder::lmdb
