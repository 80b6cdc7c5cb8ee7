// SPDX-License-Identifier: Apache-2.0
#include "cache/policy_in_force.h"

#include <span>
#include <utility>

#include "cache/policy/fifo.h"
#include "cache/policy/policies.h"
#include "larder/core/error.h"

namespace larder::detail {

namespace {

bool has_limit(const Settings& settings) {
  return settings.max_entries != no_limit || settings.max_bytes != no_limit;
}

TableSize size_for(const Settings& settings) {
  return table_size(settings.max_entries, settings.max_bytes);
}

// Which policy with which size. Never 0.
std::uint64_t id_of(const Settings& settings) {
  return (std::uint64_t{1} << 32U) | (static_cast<std::uint64_t>(settings.eviction) << 16U) |
         size_for(settings).bits;
}

}  // namespace

struct PolicyInForce::Known {
  std::uint64_t id = 0;
  std::unique_ptr<EvictionPolicy> policy = nullptr;
  Known* next = nullptr;
};

PolicyInForce::PolicyInForce(Engine& engine, std::string name, std::shared_ptr<EvictionPolicy> own)
    : engine_(engine), name_(std::move(name)), own_(std::move(own)) {
  if (own_) attach(*own_);
}

PolicyInForce::~PolicyInForce() {
  for (const Known* known = known_.load(); known != nullptr;) {
    const std::unique_ptr<const Known> gone(known);
    known = known->next;
  }
}

EvictionPolicy* PolicyInForce::find(std::uint64_t id) const noexcept {
  const Known* known = known_.load(std::memory_order_acquire);
  while (known != nullptr && known->id != id) known = known->next;
  return known == nullptr ? nullptr : known->policy.get();
}

void PolicyInForce::attach(EvictionPolicy& policy) {
  const std::size_t bytes = policy.memory_bytes();
  if (bytes == 0) return;
  policy.attach(engine_.shared_memory(name_ + "." + policy.memory_name(), bytes));
}

EvictionPolicy* PolicyInForce::of(const Settings& settings) {
  if (settings.eviction == Eviction::custom) return own_.get();
  const std::uint64_t id = id_of(settings);
  if (EvictionPolicy* policy = find(id)) return policy;
  std::unique_ptr<EvictionPolicy> policy = make_policy(settings.eviction, size_for(settings));
  if (!policy) return nullptr;
  try {
    attach(*policy);
  } catch (const Error&) {
    // A full device, most likely. Better to evict by age than to fail for want of hints.
    policy = std::make_unique<Fifo>();
  }
  // Two threads may add the same policy at the same time: they work on the same memory.
  auto known = std::make_unique<Known>(Known{id, std::move(policy), known_.load()});
  while (!known_.compare_exchange_weak(known->next, known.get())) {
  }
  return known.release()->policy.get();
}

EvictionPolicy* PolicyInForce::listener(const Settings& settings) {
  EvictionPolicy* policy = has_limit(settings) ? of(settings) : nullptr;
  return policy != nullptr && policy->memory_bytes() > 0 ? policy : nullptr;
}

void PolicyInForce::adopt(const Settings& settings) {
  const std::uint64_t id = has_limit(settings) ? id_of(settings) : 1;
  if (adopted_.load(std::memory_order_acquire) == id) return;
  listening_.store(listener(settings), std::memory_order_release);
  adopted_.store(id, std::memory_order_release);
}

}  // namespace larder::detail
