// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "container/edit.h"
#include "larder/container/detail/deque_core.h"
#include "larder/core/process.h"

namespace larder::detail {

/// What a consumer knows of its item. Outlives it for as long as an update may still be undone.
class TakenItem::State : public std::enable_shared_from_this<TakenItem::State> {
 public:
  State(std::shared_ptr<DequeCore> core, const Taking& taking)
      : core_(std::move(core)), taking_(taking) {}

  [[nodiscard]] const Taking& taking() const noexcept { return taking_; }
  void done();
  void give_back();
  void extend(Duration lease);

  /// The update that took the item did not happen.
  void undo() noexcept { phase_ = Phase::undone; }
  /// The consumer's object is gone: gives the item back unless that is settled.
  void abandon() noexcept;

 private:
  enum class Phase { held, settled, undone };

  void settle(FunctionRef<bool()> attempt);
  void unsettle();
  void expect_held() const;
  [[noreturn]] void throw_lost() const;
  [[noreturn]] void fail(const char* what) const;

  std::shared_ptr<DequeCore> core_;
  Taking taking_;
  std::uint64_t forks_ = fork_generation();
  Phase phase_ = Phase::held;
  bool is_abandoned_ = false;
};

}  // namespace larder::detail
