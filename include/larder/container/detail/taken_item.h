// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "larder/core/clock.h"

namespace larder::detail {

class DequeCore;

/// Names one taking of an item, for ever.
struct Taking {
  std::int64_t item = 0;       ///< Number of the item.
  std::uint64_t token = 0;     ///< Larger than that of every taking before.
  std::uint64_t attempts = 0;  ///< How many times it was taken, this one included.
};

/// The right to an item that was taken; gives it back at the end. Empty after a move.
///
/// Not thread-safe.
class TakenItem {
 public:
  class State;

  explicit TakenItem(std::shared_ptr<State> state) noexcept;
  TakenItem(TakenItem&& other) noexcept;
  TakenItem& operator=(TakenItem&& other) noexcept;
  ~TakenItem();

  [[nodiscard]] const Taking& taking() const;
  void done();
  void give_back();
  void extend(Duration lease);

 private:
  [[nodiscard]] State& state() const;
  void drop() noexcept;

  std::shared_ptr<State> state_;
};

}  // namespace larder::detail
