// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <iosfwd>
#include <vector>

namespace larder::test {

/// What one operation asked for.
enum class Action {
  read,  // registers
  write,
  compare_and_set,
  add,
  erase,
  push_front,  // deques
  push_back,
  pop_front,
  pop_back,
  size,
  put,  // indexes
  get,
  set_default,
  pop,
  pop_first,
  acquire,  // locks and semaphores
  try_acquire,
  release,
};

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
  /// The value or `absent`. Compare-and-set, erase: 1 if it did something, else 0. Add: the new
  /// value. Acquire: the token. Others: 0.
  std::int64_t result = 0;
  Outcome outcome = Outcome::returned;
  std::uint64_t invoked = 0;   ///< Nanoseconds of the machine's steady clock.
  std::uint64_t returned = 0;  ///< Not before `invoked`; ignored if the outcome is unknown.
};

using History = std::vector<Event>;

std::ostream& operator<<(std::ostream& out, const Event& event);

/// Whether the operations on registers can be put in one order that agrees with real time and in
/// which every result is right. Each key is looked at on its own.
[[nodiscard]] bool is_linearizable(const History& history);

}  // namespace larder::test
