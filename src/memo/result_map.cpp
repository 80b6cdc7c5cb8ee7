// SPDX-License-Identifier: Apache-2.0
#include "memo/result_map.h"

#include <span>
#include <utility>

#include "cache/policy/policies.h"
#include "larder/core/error.h"

namespace larder::detail {

ResultMap::ResultMap(const MemoryOptions& options, std::shared_ptr<EvictionPolicy> own)
    : options_(options) {
  if (options.max_entries == 0 || options.max_entries == no_limit) return;
  if (options.eviction == Eviction::custom) {
    if (!own) throw Error(ErrorKind::invalid_argument, "memoize: there is no eviction_policy");
    policy_ = std::move(own);
  } else {
    policy_ = make_policy(options.eviction, table_size(options.max_entries, no_limit));
  }
  const std::size_t bytes = policy_ ? policy_->memory_bytes() : 0;
  if (bytes == 0) return;
  policy_memory_.resize((bytes + sizeof(Line) - 1) / sizeof(Line));
  policy_->attach({policy_memory_.front().bytes.data(), bytes});
}

GoneResults ResultMap::keep(const Key& key, KeptResult result) {
  const HashedView wanted = hashed(key);
  GoneResults gone;
  if (options_.max_entries == 0) {
    gone.push_back({to_bytes(wanted.key), std::move(result)});
    return gone;
  }
  const MutexLock lock(order_);
  if (replace(wanted, result)) return gone;
  if (make_room(gone)) {
    add({wanted.hash, key}, std::move(result));
  } else {
    gone.push_back({to_bytes(wanted.key), std::move(result)});
  }
  return gone;
}

bool ResultMap::replace(const HashedView& key, KeptResult& result) {
  Slot* const slot = slot_of(key);
  if (slot == nullptr) return false;
  {
    const Results::WriteLock lock(results_);
    std::swap(slot->result, result);
  }
  const std::uint64_t sequence = slot->sequence;
  if (policy_) policy_->note_use(sequence, key.key);
  return true;
}

// Only who holds `order_` changes anything, so it stays until the caller lets that go.
ResultMap::Slot* ResultMap::slot_of(const HashedView& key) {
  const Results::ReadLock lock(results_);
  const Map& map = of(key);
  const auto found = map.find(key);
  return found == map.end() ? nullptr : const_cast<Slot*>(&found->second);
}

bool ResultMap::make_room(GoneResults& gone) {
  if (residents_.entries() < options_.max_entries) return true;
  if (options_.overflow == Overflow::spill_all) {
    gone = take_everything();
    return true;
  }
  if (!policy_) return false;
  std::optional<std::uint64_t> chosen = policy_->choose(residents_);
  if (!chosen || !residents_.contains(*chosen)) chosen = residents_.first();
  gone.push_back(take(*chosen, RemovalCause::evicted));
  return true;
}

void ResultMap::add(const HashedKey& key, KeptResult result) {
  const BytesView bytes = view_of(key);
  const std::uint64_t sequence = residents_.add(bytes);
  try {
    const Results::WriteLock lock(results_);
    of({.hash = key.hash, .key = bytes})
        .emplace(key, Slot{.result = std::move(result), .sequence = sequence});
  } catch (...) {
    residents_.remove(sequence);
    throw;
  }
  if (policy_) policy_->note_store(sequence, bytes);
}

GoneResult ResultMap::take(std::uint64_t sequence, RemovalCause cause) {
  const BytesView bytes = *residents_.key(sequence);
  GoneResult gone{.key = to_bytes(bytes), .result = {}};
  const HashedView key{.hash = XXH3_64bits(bytes.data(), bytes.size()), .key = bytes};
  {
    const Results::WriteLock lock(results_);
    Map& map = of(key);
    const auto found = map.find(key);
    gone.result = std::move(found->second.result);
    map.erase(found);
  }
  if (policy_) policy_->note_removal(sequence, bytes, cause);
  residents_.remove(sequence);
  return gone;
}

std::optional<KeptResult> ResultMap::take(const Key& key) {
  const HashedView wanted = hashed(key);
  const MutexLock lock(order_);
  const Slot* const slot = slot_of(wanted);
  if (slot == nullptr) return std::nullopt;
  return take(slot->sequence, RemovalCause::erased).result;
}

GoneResults ResultMap::take_everything() {
  GoneResults gone;
  gone.reserve(residents_.entries());
  while (residents_.entries() != 0) gone.push_back(take(residents_.first(), RemovalCause::erased));
  return gone;
}

GoneResults ResultMap::take_all() {
  const MutexLock lock(order_);
  return take_everything();
}

GoneResults ResultMap::all() {
  const MutexLock lock(order_);
  GoneResults results;
  results.reserve(residents_.entries());
  const Results::ReadLock read_lock(results_);
  for (const Map& map : maps_) {
    for (const auto& [key, slot] : map) results.push_back({to_bytes(view_of(key)), slot.result});
  }
  return results;
}

std::uint64_t ResultMap::size() {
  const MutexLock lock(order_);
  return residents_.entries();
}

std::uint64_t ResultMap::hits() {
  std::uint64_t hits = 0;
  results_.for_each_lane([&](const Counts& counts) { hits += counts.hits; });
  return hits;
}

void ResultMap::reset_hits() {
  results_.for_each_lane([](Counts& counts) { counts = {}; });
}

}  // namespace larder::detail
