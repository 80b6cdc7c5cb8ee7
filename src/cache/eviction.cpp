// SPDX-License-Identifier: Apache-2.0

// Keeps a cache within its limits. Which entry goes is the policy's choice (cache/policy); that the
// limits hold, whatever it chooses, is decided here.

#include <algorithm>
#include <optional>
#include <vector>

#include "cache/policy/fifo.h"
#include "cache/table.h"

namespace larder::detail {

namespace {

constexpr std::uint64_t expire_batch = 64;

/// The entries of a cache within an update.
class TableResidents final : public Residents {
 public:
  TableResidents(WriteTxn& txn, const Layout& layout, const Meta& meta, std::uint64_t pinned)
      : txn_(txn), layout_(layout), meta_(meta), pinned_(pinned) {}

  [[nodiscard]] std::uint64_t entries() const override { return meta_.entries; }
  [[nodiscard]] std::uint64_t end() const override { return meta_.next_sequence; }
  [[nodiscard]] std::uint64_t pinned() const override { return pinned_; }

  [[nodiscard]] std::uint64_t first() override {
    std::vector<std::uint64_t> found;
    list(0, 1, found);
    return found.empty() ? end() : found.front();
  }

  [[nodiscard]] std::optional<BytesView> key(std::uint64_t sequence) override {
    if (sequence < meta_.cleared_below) return std::nullopt;
    return txn_.get(layout_.order(sequence).view());
  }

  void list(std::uint64_t from, std::size_t limit, std::vector<std::uint64_t>& found) override {
    if (limit == 0 || from >= end()) return;
    from = std::max(from, meta_.cleared_below);
    const std::size_t enough = found.size() + limit;
    txn_.scan(layout_.order_range(from, end()), Direction::forward, [&](BytesView at, BytesView) {
      // One of the wrong length would lead a hand back to where it was, for ever.
      if (const auto sequence = layout_.parse_order(at)) found.push_back(*sequence);
      return found.size() < enough ? Visit::more : Visit::stop;
    });
  }

 private:
  WriteTxn& txn_;
  const Layout& layout_;
  const Meta& meta_;
  std::uint64_t pinned_;
};

RemovalCause to_cause(Event event) {
  switch (event) {
    case Event::expired:
      return RemovalCause::expired;
    case Event::evicted:
      return RemovalCause::evicted;
    default:
      return RemovalCause::erased;
  }
}

}  // namespace

bool Table::fits(const Need& need) const noexcept {
  const std::uint64_t entries = meta_.entries + need.entries;
  const std::uint64_t bytes = meta_.bytes + need.bytes - std::min(meta_.bytes, need.freed_bytes);
  return entries <= settings().max_entries && bytes <= settings().max_bytes;
}

bool Table::make_room(const Need& need) {
  bool is_counted = false;
  while (!fits(need)) {
    if (expire(expire_batch).removed > 0) continue;
    if (settings().eviction == Eviction::none) return false;
    if (evict_one(need.keep)) continue;
    // The counters say full, the indexes say empty: believe neither, once.
    if (is_counted) return false;
    recount();
    is_counted = true;
  }
  return true;
}

Table::Batch Table::evict(std::uint64_t limit) {
  if (settings().eviction == Eviction::none) return {};
  const std::uint64_t before = tally_.of(Event::evicted);
  for (std::uint64_t i = 0; i < limit; ++i) {
    if (fits({}) || !evict_one(0)) return {.removed = tally_.of(Event::evicted) - before};
  }
  return {.removed = tally_.of(Event::evicted) - before, .is_last = false};
}

// Returns false if nothing can go.
bool Table::evict_one(std::uint64_t keep) {
  TableResidents residents(txn_, state_.layout, meta_, keep);
  EvictionPolicy* policy = state_.eviction.of(settings());
  const std::optional<std::uint64_t> chosen = policy ? policy->choose(residents) : std::nullopt;
  if (chosen && *chosen != keep && evict_this(*chosen)) return true;
  const std::optional<std::uint64_t> oldest = oldest_of(residents);
  return oldest && evict_this(*oldest);
}

// Returns false if there is no such entry.
bool Table::evict_this(std::uint64_t sequence) {
  const EngineKey at = state_.layout.order(sequence);
  const std::optional<BytesView> key = txn_.get(at.view());
  if (!key) return false;
  remove_indexed({to_bytes(at.view()), to_bytes(*key), sequence}, Event::evicted);
  return true;
}

void Table::note_store(BytesView key, std::uint64_t sequence) {
  if (EvictionPolicy* policy = state_.eviction.listener(settings()))
    policy->note_store(sequence, key);
}

void Table::note_overwrite(BytesView key, std::uint64_t sequence, bool has_new_value) {
  if (EvictionPolicy* policy = state_.eviction.listener(settings()))
    policy->note_use(sequence, key);
  if (has_new_value && state_.hooks.on_remove) {
    removed_.push_back({to_bytes(key), RemovalCause::replaced});
  }
}

void Table::note_removal(BytesView key, std::uint64_t sequence, Event event) {
  const RemovalCause cause = to_cause(event);
  if (EvictionPolicy* policy = state_.eviction.listener(settings())) {
    policy->note_removal(sequence, key, cause);
  }
  if (state_.hooks.on_remove) removed_.push_back({to_bytes(key), cause});
}

void Table::announce() {
  if (!removed_.empty()) announce_at_end(txn_, state_.hooks, std::move(removed_));
}

}  // namespace larder::detail
