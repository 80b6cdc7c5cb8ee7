// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "cache/meta.h"
#include "larder/cache/eviction_policy.h"
#include "larder/core/bytes.h"
#include "larder/engine/engine.h"

namespace larder::detail {

/// The eviction policies that a handle on a cache has used, each with its shared memory, and which
/// of them is to hear of uses. Policies that no longer hold stay: a reader may be inside of one.
///
/// Thread-safe, without a lock.
class PolicyInForce {
 public:
  /// `own` serves `Eviction::custom`; null: nothing does.
  PolicyInForce(Engine& engine, std::string name, std::shared_ptr<EvictionPolicy> own);
  PolicyInForce(const PolicyInForce&) = delete;
  PolicyInForce& operator=(const PolicyInForce&) = delete;
  ~PolicyInForce();

  /// The policy that these settings ask for; null for `none`, and for `custom` without an own one.
  [[nodiscard]] EvictionPolicy* of(const Settings& settings);

  /// The same, but null also if there is nothing to tell it: there is no limit, or it has no
  /// memory.
  [[nodiscard]] EvictionPolicy* listener(const Settings& settings);

  /// From now on the listener of these settings hears of uses.
  void adopt(const Settings& settings);

  void expect_use(BytesView key) const noexcept {
    if (const EvictionPolicy* policy = listening_.load(std::memory_order_acquire)) {
      policy->expect_use(key);
    }
  }
  void note_use(std::uint64_t sequence, BytesView key) const noexcept {
    if (EvictionPolicy* policy = listening_.load(std::memory_order_acquire)) {
      policy->note_use(sequence, key);
    }
  }

 private:
  struct Known;

  [[nodiscard]] EvictionPolicy* find(std::uint64_t id) const noexcept;
  void attach(EvictionPolicy& policy);

  Engine& engine_;
  std::string name_;
  std::shared_ptr<EvictionPolicy> own_;
  std::atomic<Known*> known_{nullptr};  // a list that only grows
  std::atomic<std::uint64_t> adopted_{0};
  std::atomic<EvictionPolicy*> listening_{nullptr};
};

}  // namespace larder::detail
