// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "larder/engine/engine.h"

namespace larder::detail {

/// When entries were last used, in shared memory: what lets `lru` read without writing the
/// database.
///
/// Time is a counter of uses. Each entry has a slot, chosen by its sequence number, that holds the
/// count of its last use. Two entries share a slot only if their sequence numbers are a multiple of
/// 2^20 apart; then the younger use counts for both. After a crash of the machine all slots may be
/// zero: then entries go in the order they came, until they are used again.
///
/// Thread-safe.
class Recency {
 public:
  Recency(Engine& engine, std::string name) : engine_(engine), name_(std::move(name)) {}

  /// Maps the memory; before this, uses are not noted. May be called again.
  void enable();

  /// Notes a use of the entry with this sequence number. A large cache skips it where the last use
  /// is recent compared with the number of entries: hot entries are then read without a write.
  void touch(std::uint64_t sequence) const noexcept;

  /// Tells how many entries there are.
  void set_entries(std::uint64_t entries) const noexcept;

  /// How many uses ago the entry was last used.
  [[nodiscard]] std::uint32_t age(std::uint64_t sequence) const noexcept;

 private:
  struct Board;

  Engine& engine_;
  std::string name_;
  std::atomic<Board*> board_{nullptr};
};

}  // namespace larder::detail
