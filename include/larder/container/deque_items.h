// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "larder/container/detail/deque_core.h"

namespace larder {

/// The items of a `Deque`, for a range-based `for` and the algorithms of `std::ranges`. `begin()`
/// notes the order of that moment; the items are then read in small batches, with no transaction in
/// between, so that a slow loop hinders nobody. What is pushed later is not in the walk, what was
/// removed before its batch is passed over, what was set has its new value. `Deque::snapshot()` is
/// all of one moment.
///
/// Thread-compatible. Keeps the engine open.
template <typename T>
class DequeItems {
 public:
  class Iterator;

  DequeItems(std::shared_ptr<const detail::DequeCore> core, Direction direction)
      : core_(std::move(core)), direction_(direction) {}

  /// Starts a new walk.
  /// @throws Error `corrupt`, as does every step
  [[nodiscard]] Iterator begin() const;
  [[nodiscard]] static std::default_sentinel_t end() noexcept { return {}; }

 private:
  std::shared_ptr<const detail::DequeCore> core_;
  Direction direction_;
};

/// An input iterator: copies share one position.
///
/// Not thread-safe.
template <typename T>
class DequeItems<T>::Iterator {
 public:
  using iterator_concept = std::input_iterator_tag;
  using value_type = T;
  using difference_type = std::ptrdiff_t;

  Iterator() = default;

  /// The item here. Valid until the iterator moves.
  const T& operator*() const { return walk_->batch[walk_->at]; }
  const T* operator->() const { return &**this; }
  Iterator& operator++() {
    ++walk_->at;
    walk_->fill();
    return *this;
  }
  void operator++(int) { ++*this; }

  friend bool operator==(const Iterator& a, std::default_sentinel_t) {
    return a.walk_ == nullptr || a.walk_->at == a.walk_->batch.size();
  }

 private:
  friend class DequeItems;

  struct Walk {
    std::shared_ptr<const detail::DequeCore> core;
    detail::Runs rest = {};  // what comes next is at the back
    std::vector<T> batch = {};
    std::size_t at = 0;

    void fill() {
      while (at == batch.size() && !rest.empty()) {
        batch.clear();
        at = 0;
        core->read_some(rest, [&](BytesView item) { batch.push_back(decode<T>(item)); });
      }
    }
  };

  std::shared_ptr<Walk> walk_ = nullptr;
};

template <typename T>
typename DequeItems<T>::Iterator DequeItems<T>::begin() const {
  Iterator first;
  first.walk_ = std::make_shared<typename Iterator::Walk>(core_);
  first.walk_->rest = core_->order(direction_);
  first.walk_->fill();
  return first;
}

}  // namespace larder
