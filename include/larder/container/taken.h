// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <utility>

#include "larder/container/detail/taken_item.h"
#include "larder/core/clock.h"

namespace larder {

/// How long a consumer may be silent unless it says otherwise.
inline constexpr Duration default_lease = std::chrono::minutes{5};

/// An item of a `Deque` that this consumer took and has not acknowledged. The deque keeps it: it
/// comes back to its place if this object goes without `done()`, if the process dies, or when the
/// lease is over.
///
/// Whoever lost the item by then has no right to it any more: `done()`, `give_back()` and
/// `extend()` throw `invalid_argument` and change nothing. They also do so after `done()` or
/// `give_back()`, in the child of a fork, and if the update that took the item was undone. All
/// three join the update that the caller is in; if that is undone, so are they.
///
/// Thread-compatible: may go to another thread of the process. Keeps the engine open.
template <typename T>
class Taken {
 public:
  Taken(T value, detail::TakenItem item) : value_(std::move(value)), item_(std::move(item)) {}

  [[nodiscard]] const T& value() const& noexcept { return value_; }
  [[nodiscard]] T&& value() && noexcept { return std::move(value_); }
  [[nodiscard]] const T& operator*() const noexcept { return value_; }
  [[nodiscard]] const T* operator->() const noexcept { return &value_; }

  /// How many times the item was taken, this one included.
  [[nodiscard]] std::uint64_t attempts() const { return item_.taking().attempts; }

  /// The fencing token: larger than that of everybody who took an item of this deque before. Who
  /// writes elsewhere hands it along, so that writes of those who lost their items can be refused.
  [[nodiscard]] std::uint64_t token() const { return item_.taking().token; }

  /// Acknowledges the item: it is removed for good.
  void done() { item_.done(); }

  /// Gives the item back to its place, or to the dead letters if that was its last attempt.
  void give_back() { item_.give_back(); }

  /// Lets the lease end `lease` from now instead.
  void extend(Duration lease = default_lease) { item_.extend(lease); }

 private:
  T value_;
  detail::TakenItem item_;
};

}  // namespace larder
