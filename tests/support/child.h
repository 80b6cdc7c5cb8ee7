// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <iosfwd>

#include "larder/core/function_ref.h"

namespace larder::test {

/// How a child process ended.
struct ChildEnd {
  int exit_code = -1;         ///< What it returned, or -1 if it did not get that far.
  int signal = 0;             ///< What ended it, or 0.
  bool is_timed_out = false;  ///< It did not end by itself and was killed.

  /// It returned 0 by itself.
  [[nodiscard]] bool is_good() const noexcept { return exit_code == 0 && !is_timed_out; }
};

std::ostream& operator<<(std::ostream& out, const ChildEnd& end);

/// A process made by `fork` that runs one closure. Killed if it still runs at the end of the scope.
class Child {
 public:
  /// Runs `body` in a new process, which ends with what `body` returns; with 99 and a message on
  /// standard error if it throws. Nothing of the parent is destroyed or flushed in the child.
  explicit Child(FunctionRef<int()> body);
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  ~Child();

  /// Sends `signal`; does nothing once the child was waited for.
  void kill(int signal) const;

  /// Waits for the end, but not longer than `limit`; then kills.
  ChildEnd wait(std::chrono::milliseconds limit = std::chrono::seconds{60});

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }

 private:
  pid_t pid_ = -1;
};

/// Runs `body` in a child and waits for it.
ChildEnd run_in_child(FunctionRef<int()> body,
                      std::chrono::milliseconds limit = std::chrono::seconds{60});

}  // namespace larder::test
