// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "larder/cache/eviction_policy.h"

namespace larder::detail {

/// Entries in the memory of this process, for policies that serve no cache on an engine.
///
/// Not thread-safe.
class MemoryResidents final : public Residents {
 public:
  /// Adds an entry and returns its sequence number.
  std::uint64_t add(BytesView key) {
    keys_.emplace_hint(keys_.end(), end_, to_bytes(key));
    return end_++;
  }
  void remove(std::uint64_t sequence) { keys_.erase(sequence); }
  /// 0: none.
  void pin(std::uint64_t sequence) { pinned_ = sequence; }

  [[nodiscard]] std::uint64_t entries() const override { return keys_.size(); }
  [[nodiscard]] std::uint64_t end() const override { return end_; }
  [[nodiscard]] std::uint64_t first() override {
    return keys_.empty() ? end_ : keys_.begin()->first;
  }
  [[nodiscard]] std::uint64_t pinned() const override { return pinned_; }

  [[nodiscard]] std::optional<BytesView> key(std::uint64_t sequence) override {
    const auto found = keys_.find(sequence);
    return found == keys_.end() ? std::nullopt : std::optional<BytesView>(found->second);
  }

  void list(std::uint64_t from, std::size_t limit, std::vector<std::uint64_t>& found) override {
    for (auto at = keys_.lower_bound(from); limit > 0 && at != keys_.end(); ++at, --limit) {
      found.push_back(at->first);
    }
  }

 private:
  std::map<std::uint64_t, Bytes> keys_;
  std::uint64_t end_ = 1;
  std::uint64_t pinned_ = 0;
};

}  // namespace larder::detail
