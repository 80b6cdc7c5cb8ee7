// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "larder/codec/codec.h"
#include "larder/container/detail/batch_iterator.h"
#include "larder/container/detail/deque_core.h"

namespace larder {

/// The items of a `Deque`, or some of them, for a range-based `for` and the algorithms of
/// `std::ranges`. `begin()` notes the order of that moment; the items are then read in small
/// batches, with no transaction in between, so that a slow loop hinders nobody. What is pushed
/// later is not in the walk, what was removed before its batch is passed over, what was set has its
/// new value. `Deque::snapshot()` is all of one moment.
///
/// Thread-compatible. Keeps the engine open.
template <typename T>
class DequeItems {
  struct Source {
    using value_type = T;

    bool read(std::vector<T>& batch) {
      if (rest.empty()) return false;
      core->read_some(rest, [&](BytesView item) { batch.push_back(decode<T>(item)); });
      return true;
    }

    std::shared_ptr<const detail::DequeCore> core;
    detail::Runs rest;  // what comes next is at the back
  };

 public:
  using Iterator = detail::BatchIterator<Source>;

  DequeItems(std::shared_ptr<const detail::DequeCore> core, std::uint64_t index,
             std::uint64_t count, Direction direction)
      : core_(std::move(core)), index_(index), count_(count), direction_(direction) {}

  /// Starts a new walk.
  /// @throws Error `corrupt`, as does every step
  [[nodiscard]] Iterator begin() const {
    return Iterator({.core = core_, .rest = core_->order(index_, count_, direction_)});
  }
  [[nodiscard]] static std::default_sentinel_t end() noexcept { return {}; }

 private:
  std::shared_ptr<const detail::DequeCore> core_;
  std::uint64_t index_;
  std::uint64_t count_;
  Direction direction_;
};

}  // namespace larder
