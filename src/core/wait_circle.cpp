// SPDX-License-Identifier: Apache-2.0
#include "core/wait_circle.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "larder/core/process.h"

namespace larder {
namespace {

thread_local HeldLabel* newest = nullptr;

constexpr unsigned thread_bits = 22;  // as many as the kernel gives threads numbers

thread_local std::uint64_t last_label = 0;

/// What tells this thread from others that take a label in the same moment. In different containers
/// threads have the same numbers, but hardly at the same address.
std::uint64_t thread_mark() noexcept {
  const auto number = static_cast<std::uint64_t>(::syscall(SYS_gettid));
  const std::uint64_t place = reinterpret_cast<std::uintptr_t>(&newest) >> 12U;
  return (number ^ place) & ((std::uint64_t{1} << thread_bits) - 1);
}

/// A label that hardly any other wait has, and as a rule greater than all before, since the steady
/// clock is that of the whole machine; greater than `least` and all of this thread in any case.
std::uint64_t fresh_label(SteadyTime now, std::uint64_t least) noexcept {
  const auto time = static_cast<std::uint64_t>(now.time_since_epoch().count()) >> thread_bits;
  const std::uint64_t after = (std::max(least, last_label) >> thread_bits) + 1;
  last_label = (std::max(time, after) << thread_bits) | thread_mark();
  return last_label;
}

}  // namespace

HeldLabel::HeldLabel(WaitLabel& label) noexcept
    : label_(label), forks_(fork_generation()), next_(newest) {
  if (next_ != nullptr) next_->previous_ = this;
  newest = this;
  label_.store(0, std::memory_order_relaxed);
}

HeldLabel::~HeldLabel() {
  (previous_ == nullptr ? newest : previous_->next_) = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
  if (forks_ == fork_generation()) label_.store(0, std::memory_order_relaxed);
}

Wait::Wait(const WaitLabel& label) noexcept : awaited_(label) {
  if (newest != nullptr) begin_anew();
}

Wait::~Wait() {
  if (newest != nullptr) show(0);
}

void Wait::begin_anew() noexcept {
  const SteadyTime now = Clock::system().steady_now();
  own_ = fresh_label(now, std::max(shown_, awaited_.load(std::memory_order_relaxed)));
  renewal_ = now + until_renewal_;
  until_renewal_ *= 2;
  show(own_);
}

void Wait::show(std::uint64_t label) noexcept {
  shown_ = label;
  for (HeldLabel* held = newest; held != nullptr; held = held->next_) {
    if (held->forks_ == fork_generation()) held->label_.store(label, std::memory_order_relaxed);
  }
}

bool Wait::is_in_circle() noexcept {
  if (newest == nullptr) return false;  // nobody waits for who has nothing
  const std::uint64_t seen = awaited_.load(std::memory_order_relaxed);
  // Only who took the greatest label is told, or several would be.
  if (seen == own_ && shown_ == own_) return true;
  if (seen > shown_) {
    show(seen);
  } else if (Clock::system().steady_now() >= renewal_) {
    // A label can have been passed on by who has died or given up since: nobody would know it.
    begin_anew();
  }
  return false;
}

}  // namespace larder
