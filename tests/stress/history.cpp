// SPDX-License-Identifier: Apache-2.0
#include "stress/history.h"

#include <algorithm>
#include <map>
#include <optional>
#include <ostream>
#include <set>
#include <utility>

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
  }
  if (is_known && result != event.result) return std::nullopt;
  return next;
}

/// The search for one key.
class Search {
 public:
  explicit Search(History events) : events_(std::move(events)), done_(events_.size(), false) {
    std::sort(events_.begin(), events_.end(),
              [](const Event& a, const Event& b) { return a.invoked < b.invoked; });
  }

  bool run() { return from(0, Event::absent); }

 private:
  /// Operations up to `first` are done; tries every operation that may come next.
  bool from(std::size_t first, std::int64_t value) {
    while (first < events_.size() && done_[first]) ++first;
    if (is_complete(first)) return true;
    if (!seen_.emplace(done_, value).second) return false;
    std::uint64_t earliest_return = UINT64_MAX;
    for (std::size_t i = first; i < events_.size(); ++i) {
      const Event& event = events_[i];
      if (done_[i]) continue;
      // Something that is not done yet returned before this one was invoked.
      if (event.invoked > earliest_return) break;
      if (event.outcome == Outcome::returned) {
        earliest_return = std::min(earliest_return, event.returned);
      }
      const auto next = apply(event, value);
      if (!next) continue;
      done_[i] = true;
      if (from(first, *next)) return true;
      done_[i] = false;
    }
    return false;
  }

  /// Operations that never returned need not have happened.
  [[nodiscard]] bool is_complete(std::size_t first) const {
    for (std::size_t i = first; i < events_.size(); ++i) {
      if (!done_[i] && events_[i].outcome == Outcome::returned) return false;
    }
    return true;
  }

  History events_;
  std::vector<bool> done_;
  std::set<std::pair<std::vector<bool>, std::int64_t>> seen_;
};

}  // namespace

std::ostream& operator<<(std::ostream& out, const Event& event) {
  constexpr const char* names[] = {"read", "write", "compare_and_set", "add", "erase"};
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
  return std::all_of(by_key.begin(), by_key.end(),
                     [](const auto& entry) { return Search(entry.second).run(); });
}

}  // namespace larder::test
