// SPDX-License-Identifier: Apache-2.0
//
// Finds circles of threads that wait for what each other has, whatever processes they are in and
// wherever what they have is recorded: each looks at nothing but what it waits for and what it has
// (D. Mitchell and M. Merritt, "A distributed algorithm for deadlock detection and resolution",
// 1984). Who begins to wait takes a label greater than all before, and writes it on what it has.
// Who waits reads, now and then, the label on what it waits for, and passes a greater one on to
// what it has itself. So the greatest label goes round a circle, and comes back to who took it.
#pragma once

#include <atomic>
#include <cstdint>

#include "larder/core/clock.h"

namespace larder {

/// The label on something that one thread has and others may wait for: 0 while its holder does not
/// wait. May be in memory that processes share.
using WaitLabel = std::atomic<std::uint64_t>;

/// That this thread has what `label` is on, while the object lives.
///
/// Must go in the thread that made it. In the child of a fork it is left alone.
class HeldLabel {
 public:
  explicit HeldLabel(WaitLabel& label) noexcept;
  HeldLabel(const HeldLabel&) = delete;
  HeldLabel& operator=(const HeldLabel&) = delete;
  ~HeldLabel();

 private:
  friend class Wait;

  WaitLabel& label_;
  std::uint64_t forks_;
  HeldLabel* previous_ = nullptr;
  HeldLabel* next_;
};

/// A wait of this thread for what another one has. A thread waits for one thing at a time.
///
/// Not thread-safe.
class Wait {
 public:
  /// How long to sleep between two looks.
  static constexpr std::chrono::milliseconds nap{25};

  /// `label` is on what the thread waits for.
  explicit Wait(const WaitLabel& label) noexcept;
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;
  ~Wait();

  /// To be called now and then: whether whoever has it waits, be it by way of others, for something
  /// that this thread has. One of those who wait in a circle is told.
  [[nodiscard]] bool is_in_circle() noexcept;

 private:
  void begin_anew() noexcept;
  void show(std::uint64_t label) noexcept;

  const WaitLabel& awaited_;
  std::uint64_t own_ = 0;    // taken by this wait
  std::uint64_t shown_ = 0;  // on what this thread has: its own one, or a greater one passed on
  SteadyTime renewal_ = {};
  std::chrono::milliseconds until_renewal_{1000};
};

}  // namespace larder
