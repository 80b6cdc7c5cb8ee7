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
    if (forks_ != fork_generation()) return;
    for (const auto& hook : hooks_) run([&] { hook(end_); });
    if (!is_durable_) return;
    for (const auto& hook : durable_hooks_) run(hook);
  }

  /// Calls `hook` and drops what it throws.
  template <typename Hook>
  static void run(const Hook& hook) noexcept {
    try {
      hook();
    } catch (...) {  // NOLINT(bugprone-empty-catch): the update has ended, nobody can undo it.
    }
  }

  void add(std::function<void(UpdateEnd)> hook) { hooks_.push_back(std::move(hook)); }
  void add_durable(std::function<void()> hook) { durable_hooks_.push_back(std::move(hook)); }
  /// The changes are visible.
  void committed() noexcept { end_ = UpdateEnd::committed; }
  /// The changes would survive a power cut.
  void durable() noexcept { is_durable_ = true; }
  /// What waits for that, to be run by somebody else.
  [[nodiscard]] std::vector<std::function<void()>> take_durable() noexcept {
    return std::exchange(durable_hooks_, {});
  }

 private:
  std::vector<std::function<void(UpdateEnd)>> hooks_;
  std::vector<std::function<void()>> durable_hooks_;
  UpdateEnd end_ = UpdateEnd::undone;
  bool is_durable_ = false;
  std::uint64_t forks_;
};

}  // namespace larder
