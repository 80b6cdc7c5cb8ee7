// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <compare>
#include <concepts>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "larder/codec/standard.h"
#include "larder/container/deque_items.h"
#include "larder/container/deque_options.h"
#include "larder/container/detail/deque_core.h"
#include "larder/container/taken.h"

namespace larder {

/// A sequence of `T` in an engine, shared by threads and processes, that forgets nothing. An index
/// counts from 0 at the front, or at the back in the functions that end in `_from_end`; it is found
/// in logarithmic time, and so is the place to insert or erase.
///
/// Every function is one step for all others: an update or a view of the engine, which joins the
/// one that the caller is in. So several containers change together in one `Engine::update()`.
/// Functions that change throw what that throws. A damaged item is reported with `corrupt`, never
/// returned, and stays: `erase()` removes it.
///
/// An item that is taken is not in the deque until it comes back: size, indexes, walks, limits and
/// `clear()` are about the others. It keeps its place between them, and stays there when they are
/// rotated.
///
/// Thread-safe. A copy is another handle on the same deque. Keeps the engine open.
template <Encodable T>
class Deque {
 public:
  using value_type = T;

  /// The deque `name` of `engine`, made if there is none.
  /// @throws Error `invalid_argument` if it holds another type than `T`, or for a name that is
  /// empty or longer than 100 bytes
  Deque(EnginePtr engine, std::string_view name, const DequeOptions& options = {})
      : core_(detail::DequeCore::open(std::move(engine), name, detail::item_type<T>(),
                                      options.max_size, options.max_attempts)) {}

  [[nodiscard]] const EnginePtr& engine() const noexcept { return core_->engine(); }

  /// Items.
  [[nodiscard]] std::uint64_t size() const { return core_->size(); }
  [[nodiscard]] bool empty() const { return size() == 0; }

  /// Most items that it holds; nothing if there is no limit.
  [[nodiscard]] std::optional<std::uint64_t> max_size() const {
    const std::uint64_t limit = core_->max_size();
    return limit == all ? std::nullopt : std::optional(limit);
  }
  /// Sets the limit for everybody, or none; what is too much goes from the front.
  void set_max_size(std::optional<std::uint64_t> max_size) {
    core_->set_max_size(max_size.value_or(all));
  }

  /// Adds `value`; if that is more than `max_size`, the item at the other end goes.
  void push_back(const T& value) { push(detail::DequeEnd::back, value); }
  void push_front(const T& value) { push(detail::DequeEnd::front, value); }

  /// Adds all of `values` one after the other, in one step; `extend_front` reverses their order.
  template <std::ranges::input_range Range>
  void extend(const Range& values) {
    core_->push(detail::DequeEnd::back, encoded(values));
  }
  template <std::ranges::input_range Range>
  void extend_front(const Range& values) {
    core_->push(detail::DequeEnd::front, encoded(values));
  }

  /// Takes the last or first item, or nothing if there is none.
  std::optional<T> pop_back() { return pop(detail::DequeEnd::back); }
  std::optional<T> pop_front() { return pop(detail::DequeEnd::front); }

  /// The same, and waits up to `timeout` for an item. Sleeps meanwhile, and wakes at once when any
  /// process pushes; within a second, if that process is killed in the middle of it.
  /// @throws Error `invalid_argument` in an update or a view, as all that waits does there
  std::optional<T> pop_back_within(std::chrono::nanoseconds timeout) {
    return pop_within(detail::DequeEnd::back, timeout);
  }
  std::optional<T> pop_front_within(std::chrono::nanoseconds timeout) {
    return pop_within(detail::DequeEnd::front, timeout);
  }

  /// Takes the first or last item until `Taken::done()` acknowledges it, or nothing if there is
  /// none. It comes back if the consumer drops it, dies, or is silent for longer than `lease`, of
  /// which the clock of the engine tells. Items that are damaged go to the dead letters on the way.
  std::optional<Taken<T>> take_front(Duration lease = default_lease) {
    return take(detail::DequeEnd::front, lease);
  }
  std::optional<Taken<T>> take_back(Duration lease = default_lease) {
    return take(detail::DequeEnd::back, lease);
  }
  /// The same, and waits up to `timeout` as `pop_front_within()` does; wakes also when an item
  /// comes back, some 25 milliseconds after a death.
  std::optional<Taken<T>> take_front_within(std::chrono::nanoseconds timeout,
                                            Duration lease = default_lease) {
    return take_within(detail::DequeEnd::front, timeout, lease);
  }
  std::optional<Taken<T>> take_back_within(std::chrono::nanoseconds timeout,
                                           Duration lease = default_lease) {
    return take_within(detail::DequeEnd::back, timeout, lease);
  }

  /// Items that are taken and have not come back.
  [[nodiscard]] std::uint64_t taken() const { return core_->taken(); }
  /// Brings back those whose consumers died or whose leases are over, as all do first who take or
  /// pop. Returns how many there were, those that went to the dead letters included.
  std::uint64_t bring_back() { return core_->bring_back(); }

  /// How often an item is taken before it goes to the dead letters; nothing if there is no limit.
  [[nodiscard]] std::optional<std::uint64_t> max_attempts() const {
    const std::uint64_t limit = core_->max_attempts();
    return limit == all ? std::nullopt : std::optional(limit);
  }
  /// Sets that for everybody, or none.
  void set_max_attempts(std::optional<std::uint64_t> max_attempts) {
    core_->set_max_attempts(max_attempts.value_or(all));
  }
  /// The items that nobody is to take any more, the latest at the back: a deque of its own.
  [[nodiscard]] Deque dead_letters() const { return Deque(core_->dead_letters()); }
  /// Moves the dead letters to the back, with no attempts counted, as far as `max_size` has room;
  /// damaged ones stay. Returns how many it moved.
  std::uint64_t requeue_dead_letters() { return core_->requeue_dead_letters(); }

  /// Adds `value` once that is not more than `max_size`, for which it waits up to `timeout` in the
  /// same way. Drops nothing. Returns whether it was added. A `max_size` of 0 never has room.
  bool push_back_within(const T& value, std::chrono::nanoseconds timeout) {
    return core_->push_within(detail::DequeEnd::back, timeout, encode(value));
  }
  bool push_front_within(const T& value, std::chrono::nanoseconds timeout) {
    return core_->push_within(detail::DequeEnd::front, timeout, encode(value));
  }

  /// The last or first item, which stays.
  [[nodiscard]] std::optional<T> peek_back() const { return get_from_end(0); }
  [[nodiscard]] std::optional<T> peek_front() const { return get(0); }

  /// The item at `index`, or nothing if there are not so many.
  [[nodiscard]] std::optional<T> get(std::uint64_t index) const {
    return read(detail::DequeEnd::front, index);
  }
  [[nodiscard]] std::optional<T> get_from_end(std::uint64_t index) const {
    return read(detail::DequeEnd::back, index);
  }

  /// The item at `index`.
  /// @throws Error `invalid_argument` if there are not so many
  [[nodiscard]] T at(std::uint64_t index) const { return need(get(index), index); }
  [[nodiscard]] T at_from_end(std::uint64_t index) const {
    return need(get_from_end(index), index);
  }

  /// Replaces the item at `index`. Returns whether there is one.
  bool set(std::uint64_t index, const T& value) { return core_->replace(index, encode(value)); }

  /// Puts `value` before the item at `index`, or at the end if that is the size. Returns whether it
  /// is not beyond.
  /// @throws Error `full` if there are `max_size` items
  bool insert(std::uint64_t index, const T& value) { return core_->insert(index, encode(value)); }

  /// Removes the item at `index`, damaged or not. Returns whether there was one.
  bool erase(std::uint64_t index) { return core_->erase(index); }

  /// Removes the first item that equals `value`. Returns whether there was one.
  bool erase_first(const T& value)
    requires std::equality_comparable<T>
  {
    return core_->erase_first([&](BytesView item) { return decode<T>(item) == value; });
  }

  /// How many items equal `value`.
  [[nodiscard]] std::uint64_t count(const T& value) const
    requires std::equality_comparable<T>
  {
    std::uint64_t found = 0;
    core_->walk(0, all, [&](BytesView item) { found += decode<T>(item) == value ? 1U : 0U; });
    return found;
  }

  /// Removes all items. Returns how many there were.
  std::uint64_t clear() { return core_->clear(); }

  /// Moves `steps` items from the back to the front; to the back if that is negative.
  void rotate(std::int64_t steps = 1) { core_->rotate(steps); }

  /// Turns the order round.
  void reverse() { core_->reverse(); }

  /// All items, or up to `count` from `first` on, as one moment saw them.
  [[nodiscard]] std::vector<T> snapshot(std::uint64_t first = 0, std::uint64_t count = all) const {
    std::vector<T> items;
    core_->walk(first, count, [&](BytesView item) { items.push_back(decode<T>(item)); });
    return items;
  }

  /// The items one by one, for deques of any size; `Direction::backward` from the back.
  [[nodiscard]] DequeItems<T> items(Direction direction = Direction::forward) const {
    return {core_, 0, all, direction};
  }
  /// The same of a slice: up to `count` items from the one at `index` on, backward from its end.
  [[nodiscard]] DequeItems<T> items(std::uint64_t index, std::uint64_t count = all,
                                    Direction direction = Direction::forward) const {
    return {core_, index, count, direction};
  }
  [[nodiscard]] auto begin() const { return items().begin(); }
  [[nodiscard]] static std::default_sentinel_t end() noexcept { return {}; }

  /// Whether the items are those of `other`, as one moment saw them.
  template <std::ranges::input_range Range>
  friend bool operator==(const Deque& deque, const Range& other) {
    return std::ranges::equal(deque.snapshot(), other);
  }
  /// Orders as sequences do: by the first items that differ.
  template <std::ranges::input_range Range>
    requires std::three_way_comparable<T>
  friend std::compare_three_way_result_t<T> operator<=>(const Deque& deque, const Range& other) {
    auto theirs = std::ranges::begin(other);
    for (const T& mine : deque.snapshot()) {
      if (theirs == std::ranges::end(other)) return std::strong_ordering::greater;
      if (const auto order = mine <=> *theirs; order != 0) return order;
      ++theirs;
    }
    return theirs == std::ranges::end(other) ? std::strong_ordering::equal
                                             : std::strong_ordering::less;
  }

 private:
  static constexpr std::uint64_t all = std::numeric_limits<std::uint64_t>::max();

  explicit Deque(std::shared_ptr<detail::DequeCore> core) : core_(std::move(core)) {}

  void push(detail::DequeEnd end, const T& value) {
    const Bytes item = encode(value);
    core_->push(end, std::span(&item, 1));
  }

  template <typename Range>
  static std::vector<Bytes> encoded(const Range& values) {
    std::vector<Bytes> items;
    std::ranges::transform(values, std::back_inserter(items), [](const T& t) { return encode(t); });
    return items;
  }

  std::optional<T> pop(detail::DequeEnd end) {
    std::optional<T> popped;
    core_->pop(end, [&](BytesView item) { popped = decode<T>(item); });
    return popped;
  }

  std::optional<T> pop_within(detail::DequeEnd end, std::chrono::nanoseconds timeout) {
    std::optional<T> popped;
    core_->pop_within(end, timeout, [&](BytesView item) { popped = decode<T>(item); });
    return popped;
  }

  std::optional<Taken<T>> take(detail::DequeEnd end, Duration lease) {
    return decoded([&](detail::DequeVisitor visit) { return core_->take(end, lease, visit); });
  }

  std::optional<Taken<T>> take_within(detail::DequeEnd end, std::chrono::nanoseconds timeout,
                                      Duration lease) {
    return decoded(
        [&](detail::DequeVisitor visit) { return core_->take_within(end, timeout, lease, visit); });
  }

  template <typename Take>
  static std::optional<Taken<T>> decoded(Take take) {
    std::optional<T> value;
    auto item = take([&](BytesView bytes) { value = decode<T>(bytes); });
    if (!item) return std::nullopt;
    return Taken<T>(*std::move(value), *std::move(item));
  }

  std::optional<T> read(detail::DequeEnd end, std::uint64_t index) const {
    std::optional<T> found;
    core_->read(end, index, [&](BytesView item) { found = decode<T>(item); });
    return found;
  }

  T need(std::optional<T> found, std::uint64_t index) const {
    if (!found) core_->throw_out_of_range(index);
    return *std::move(found);
  }

  std::shared_ptr<detail::DequeCore> core_;
};

}  // namespace larder
