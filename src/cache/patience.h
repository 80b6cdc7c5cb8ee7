// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>

#include "larder/core/clock.h"
#include "larder/core/error.h"
#include "larder/engine/engine.h"

namespace larder::detail {

/// How long the updates that this thread starts wait for other writers, while the object lives.
///
/// Not thread-safe. May be nested: the inner one counts.
class Patience {
 public:
  /// `is_over` is asked every now and then while an update waits: whether to give up.
  Patience(SteadyTime deadline, std::function<bool()> is_over);
  ~Patience();
  Patience(const Patience&) = delete;
  Patience& operator=(const Patience&) = delete;

  /// Calls `run(options, has_begun)`, which starts an update with these options and sets
  /// `has_begun` in it: several times, each of which waits for a moment only, if the thread has a
  /// `Patience`.
  template <typename Run>
  static auto apply(const UpdateOptions& options, Run run) {
    bool has_begun = false;
    const Patience* const patience = current();
    if (patience == nullptr) return run(options, has_begun);
    UpdateOptions limited = options;
    const SteadyTime deadline =
        std::min(options.deadline.value_or(patience->deadline_), patience->deadline_);
    for (;;) {
      limited.deadline = std::min<SteadyTime>(deadline, Clock::system().steady_now() + slice);
      try {
        return run(limited, has_begun);
      } catch (const Error& error) {
        if (has_begun || !error.is_transient()) throw;
        if (*limited.deadline == deadline || patience->is_over_()) throw;
      }
    }
  }

 private:
  static constexpr std::chrono::milliseconds slice{50};

  [[nodiscard]] static const Patience* current() noexcept;

  SteadyTime deadline_;
  std::function<bool()> is_over_;
  const Patience* outer_;
};

}  // namespace larder::detail
