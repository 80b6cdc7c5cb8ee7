// SPDX-License-Identifier: Apache-2.0
#include "stress/structure_models.h"

#include <algorithm>
#include <compare>
#include <optional>
#include <utility>
#include <vector>

#include "stress/order_search.h"

namespace larder::test {

namespace {

bool is_result(const Event& event, std::int64_t result) {
  return event.outcome == Outcome::unknown || event.result == result;
}

using Items = std::vector<std::int64_t>;

std::optional<Items> apply_to_deque(const Event& event, const Items& items) {
  Items next = items;
  std::int64_t result = 0;
  switch (event.action) {
    case Action::push_front:
      next.insert(next.begin(), event.argument);
      break;
    case Action::push_back:
      next.push_back(event.argument);
      break;
    case Action::pop_front:
      result = items.empty() ? Event::absent : items.front();
      if (!items.empty()) next.erase(next.begin());
      break;
    case Action::pop_back:
      result = items.empty() ? Event::absent : items.back();
      if (!items.empty()) next.pop_back();
      break;
    case Action::size:
      result = static_cast<std::int64_t>(items.size());
      break;
    default:
      return std::nullopt;
  }
  return is_result(event, result) ? std::optional(std::move(next)) : std::nullopt;
}

using Entry = std::pair<int, std::int64_t>;
using EntriesInOrder = std::vector<Entry>;  // of insertion

std::optional<EntriesInOrder> apply_to_index(const Event& event, const EntriesInOrder& entries) {
  EntriesInOrder next = entries;
  const auto found = std::ranges::find(next, event.key, &Entry::first);
  const bool is_there = found != next.end();
  std::int64_t result = is_there ? found->second : Event::absent;
  switch (event.action) {
    case Action::get:
      break;
    case Action::put:
      result = is_there ? 0 : 1;
      if (is_there) found->second = event.argument;
      if (!is_there) next.emplace_back(event.key, event.argument);
      break;
    case Action::set_default:
      if (is_there) break;
      result = event.argument;
      next.emplace_back(event.key, event.argument);
      break;
    case Action::pop:
      if (is_there) next.erase(found);
      break;
    case Action::pop_first:
      result = next.empty() ? Event::absent : next.front().second;
      if (!next.empty()) next.erase(next.begin());
      break;
    default:
      return std::nullopt;
  }
  return is_result(event, result) ? std::optional(std::move(next)) : std::nullopt;
}

struct Permits {
  std::uint64_t held = 0;  // a byte for each process
  std::uint64_t used = 0;
  std::int64_t last_token = 0;

  friend auto operator<=>(const Permits&, const Permits&) = default;
};

std::optional<Permits> apply_to_permits(const Event& event, const Permits& permits,
                                        std::uint64_t capacity) {
  const std::uint64_t one = std::uint64_t{1} << (8U * static_cast<unsigned>(event.process));
  Permits next = permits;
  if (event.action == Action::release) {
    if ((permits.held & (one * 0xFF)) == 0) return std::nullopt;
    next.held -= one;
    --next.used;
    return next;
  }
  const bool is_known = event.outcome == Outcome::returned;
  const bool is_free = permits.used < capacity;
  if (is_known && event.result == Event::absent) {
    return is_free ? std::nullopt : std::optional(permits);
  }
  if (!is_free) return std::nullopt;  // an attempt whose end is unknown need not have happened
  if (is_known && capacity == 1) {
    if (event.result <= permits.last_token) return std::nullopt;
    next.last_token = event.result;
  }
  next.held += one;
  ++next.used;
  return next;
}

}  // namespace

bool is_right_deque(const History& history) { return has_order(history, Items(), apply_to_deque); }

bool is_right_index(const History& history) {
  return has_order(history, EntriesInOrder(), apply_to_index);
}

bool is_right_permits(const History& history, std::uint64_t capacity) {
  return has_order(history, Permits(), [capacity](const Event& event, const Permits& permits) {
    return apply_to_permits(event, permits, capacity);
  });
}

}  // namespace larder::test
