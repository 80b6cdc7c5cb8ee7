// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "larder/core/process.h"
#include "larder/engine/txn.h"

namespace larder {

/// What waits for the end of one outermost update; runs when this object goes, which must be after
/// the engine let go of its locks. In the child of a fork it runs nothing: the update is the
/// parent's.
///
/// Not thread-safe.
class UpdateHooks {
 public:
  UpdateHooks() : forks_(fork_generation()) {}
  UpdateHooks(const UpdateHooks&) = delete;
  UpdateHooks& operator=(const UpdateHooks&) = delete;
  ~UpdateHooks() {
    if (hooks_.empty() || forks_ != fork_generation()) return;
    for (const auto& hook : hooks_) {
      try {
        hook(end_);
      } catch (...) {  // NOLINT(bugprone-empty-catch): the update has ended, nobody can undo it.
      }
    }
  }

  void add(std::function<void(UpdateEnd)> hook) { hooks_.push_back(std::move(hook)); }
  /// The changes are visible.
  void committed() noexcept { end_ = UpdateEnd::committed; }

 private:
  std::vector<std::function<void(UpdateEnd)>> hooks_;
  UpdateEnd end_ = UpdateEnd::undone;
  std::uint64_t forks_;
};

}  // namespace larder
