// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "stress/history.h"

namespace larder::test {

/// The search of `has_order`.
template <typename State, typename Apply>
class OrderSearch {
 public:
  OrderSearch(History events, Apply apply)
      : events_(std::move(events)), apply_(std::move(apply)), done_(events_.size(), false) {
    std::sort(events_.begin(), events_.end(),
              [](const Event& a, const Event& b) { return a.invoked < b.invoked; });
  }

  /// Operations up to `first` are done; tries every operation that may come next.
  bool from(std::size_t first, const State& state) {
    while (first < events_.size() && done_[first]) ++first;
    if (is_complete(first)) return true;
    if (!seen_.emplace(done_, state).second) return false;
    std::uint64_t earliest_return = UINT64_MAX;
    for (std::size_t i = first; i < events_.size(); ++i) {
      const Event& event = events_[i];
      if (done_[i]) continue;
      // Something that is not done yet returned before this one was invoked.
      if (event.invoked > earliest_return) break;
      if (event.outcome == Outcome::returned) {
        earliest_return = std::min(earliest_return, event.returned);
      }
      const std::optional<State> next = apply_(event, state);
      if (!next) continue;
      done_[i] = true;
      if (from(first, *next)) return true;
      done_[i] = false;
    }
    return false;
  }

 private:
  /// Operations that never returned need not have happened.
  [[nodiscard]] bool is_complete(std::size_t first) const {
    for (std::size_t i = first; i < events_.size(); ++i) {
      if (!done_[i] && events_[i].outcome == Outcome::returned) return false;
    }
    return true;
  }

  History events_;
  Apply apply_;
  std::vector<bool> done_;
  std::set<std::pair<std::vector<bool>, State>> seen_;
};

/// Whether the operations can be put in one order that agrees with real time (what returned before
/// another was invoked comes first) and in which `apply(event, state)`, which returns the state
/// after the event or nothing if its result is wrong, always returns one. (Search of Wing and Gong,
/// 1993, with the memory of visited states by Lowe, 2017.)
template <typename State, typename Apply>
[[nodiscard]] bool has_order(const History& history, const State& begin, Apply apply) {
  return OrderSearch<State, Apply>(history, std::move(apply)).from(0, begin);
}

}  // namespace larder::test
