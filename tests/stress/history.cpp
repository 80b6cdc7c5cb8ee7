// SPDX-License-Identifier: Apache-2.0
#include "stress/history.h"

#include <algorithm>
#include <map>
#include <optional>
#include <ostream>

#include "stress/order_search.h"

namespace larder::test {

namespace {

/// The register after `event`, or nothing if its result is wrong for register `value`.
std::optional<std::int64_t> apply(const Event& event, std::int64_t value) {
  const bool is_known = event.outcome == Outcome::returned;
  std::int64_t next = value;
  std::int64_t result = event.result;
  switch (event.action) {
    case Action::read:
      result = value;
      break;
    case Action::write:
      next = event.argument;
      break;
    case Action::compare_and_set:
      result = value == event.expected ? 1 : 0;
      if (result == 1) next = event.argument;
      break;
    case Action::add:
      next = std::max<std::int64_t>(value, 0) + event.argument;
      result = next;
      break;
    case Action::erase:
      result = value == Event::absent ? 0 : 1;
      next = Event::absent;
      break;
    default:
      return std::nullopt;
  }
  if (is_known && result != event.result) return std::nullopt;
  return next;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Event& event) {
  constexpr const char* names[] = {
      "read",        "write",     "compare_and_set", "add",     "erase",       "push_front",
      "push_back",   "pop_front", "pop_back",        "size",    "put",         "get",
      "set_default", "pop",       "pop_first",       "acquire", "try_acquire", "release"};
  out << '[' << event.invoked << ", ";
  if (event.outcome == Outcome::returned) out << event.returned;
  out << "] process " << event.process << " key " << event.key << ": "
      << names[static_cast<int>(event.action)] << '(';
  if (event.action == Action::compare_and_set) out << event.expected << " -> ";
  out << event.argument << ") ";
  if (event.outcome == Outcome::unknown) return out << "unknown";
  return out << "= " << event.result;
}

bool is_linearizable(const History& history) {
  std::map<int, History> by_key;
  for (const Event& event : history) by_key[event.key].push_back(event);
  return std::all_of(by_key.begin(), by_key.end(), [](const auto& entry) {
    return has_order(entry.second, Event::absent, apply);
  });
}

}  // namespace larder::test
