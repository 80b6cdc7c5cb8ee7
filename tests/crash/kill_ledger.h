// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <string_view>

namespace larder::test {

/// What is known of one key outside the engine: the numbers of its writes. Write number n of a key
/// always stores the same content.
struct LedgerLine {
  std::atomic<std::uint64_t> next{1};   ///< Number of the next write; never used twice.
  std::atomic<std::uint64_t> begun{0};  ///< Last write that was started.
  std::atomic<std::uint64_t> acked{0};  ///< Last write that returned.

  /// Announces a write and returns its number.
  std::uint64_t begin() noexcept {
    const std::uint64_t number = next.fetch_add(1);
    begun.store(number);
    return number;
  }
  /// The write returned.
  void acknowledge() noexcept { acked.store(begun.load()); }
  /// The next writes go on from `number`, which is what was found.
  void settle(std::uint64_t number) noexcept {
    acked.store(number);
    begun.store(number);
  }
};

/// What one writing thread knows.
struct LedgerLane {
  static constexpr std::size_t key_count = 12;
  std::array<LedgerLine, key_count> keys;
  LedgerLine batch;      ///< Several keys that are always written together.
  LedgerLine transfers;  ///< How many times money was moved between shared accounts.
  std::atomic<std::uint64_t> steps{0};
};

/// What all writers know, in memory that outlives them.
struct Ledger {
  static constexpr std::size_t lane_count = 8;
  std::array<LedgerLane, lane_count> lanes;
  std::atomic<std::uint64_t> violations{0};
  std::atomic<std::uint64_t> slowest_open_us{0};
  std::atomic<std::uint64_t> io_events{0};
  std::atomic<std::uint64_t> io_points{0};
  std::array<char, 1000> first_violation{};

  /// Counts a broken promise and keeps the text of the first.
  void violate(std::string_view text) noexcept {
    if (violations.fetch_add(1) != 0) return;
    std::snprintf(first_violation.data(), first_violation.size(), "%.*s",
                  static_cast<int>(text.size()), text.data());
  }

  /// Writes that returned, over all lanes.
  [[nodiscard]] std::uint64_t acknowledged() const noexcept {
    std::uint64_t sum = 0;
    for (const LedgerLane& lane : lanes) sum += lane.steps.load();
    return sum;
  }
};

}  // namespace larder::test
