// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <iosfwd>
#include <vector>

namespace larder::test {

/// What one operation on a register asked for.
enum class Action { read, write, compare_and_set, add, erase };

/// How an operation ended for its caller.
enum class Outcome {
  returned,  ///< It returned `result`.
  unknown,   ///< The caller was killed or gave up: it may have happened, also much later.
};

/// One operation as its caller saw it. Absent registers read as `absent`.
struct Event {
  static constexpr std::int64_t absent = -1;

  int process = 0;
  int key = 0;
  Action action = Action::read;
  std::int64_t argument = 0;  ///< The value written, the amount added.
  std::int64_t expected = 0;  ///< For compare-and-set: the value that must be there.
  /// Read: the value. Compare-and-set, erase: 1 if it did something, else 0. Add: the new value.
  std::int64_t result = 0;
  Outcome outcome = Outcome::returned;
  std::uint64_t invoked = 0;   ///< Nanoseconds of the machine's steady clock.
  std::uint64_t returned = 0;  ///< Not before `invoked`; ignored if the outcome is unknown.
};

using History = std::vector<Event>;

std::ostream& operator<<(std::ostream& out, const Event& event);

/// Whether the operations can be put in one order that agrees with real time (what returned before
/// another was invoked comes first) and in which every result is right. Each key is looked at on
/// its own. (Search of Wing and Gong, 1993, with the memory of visited states by Lowe, 2017.)
[[nodiscard]] bool is_linearizable(const History& history);

}  // namespace larder::test
