// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>

#include "larder/core/bytes.h"
#include "larder/core/clock.h"
#include "larder/engine/engine.h"

namespace larder::detail {

/// How often somebody who waits looks closely at those who have items: nobody tells that one died,
/// or that a lease ended.
inline constexpr std::chrono::milliseconds look_after_takers{25};

/// How long who looked has the turn to look again. If it died meanwhile, another one looks.
inline constexpr std::chrono::milliseconds turn_to_look{100};

/// Which one of all who wait for items of a deque, in all processes, looks at those who have some:
/// the others sleep. Who does not wait any more gives the turn up.
///
/// Not thread-safe: one for each wait.
class LookOut {
 public:
  /// A word of memory that all share, for the turn of one name: in the upper half which one, in the
  /// lower half until when.
  using Word = std::atomic<std::uint64_t>;

  LookOut(Engine& engine, BytesView name);
  LookOut(std::span<Word> words, BytesView name) noexcept;
  LookOut(const LookOut&) = delete;
  LookOut& operator=(const LookOut&) = delete;
  ~LookOut();

  /// Whether it is on the caller to look at `now`.
  [[nodiscard]] bool is_due(SteadyTime now) noexcept;

  /// When to ask again.
  [[nodiscard]] SteadyTime next() const noexcept { return next_; }

 private:
  enum class Turn { mine, of_another, unknown };
  [[nodiscard]] Turn take_turn(Word& word, SteadyTime now) noexcept;
  [[nodiscard]] Turn find_turn(SteadyTime now) noexcept;

  std::span<Word> words_;
  std::uint32_t name_;
  Word* held_ = nullptr;
  std::uint64_t turn_ = 0;  // what this one stored in `held_`
  SteadyTime next_ = SteadyTime::min();
};

}  // namespace larder::detail
