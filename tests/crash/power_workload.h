// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <string_view>

#include "support/subject.h"

namespace larder::test {

/// What is known outside the subject. Transactions are numbered in the order in which they happen;
/// the state after the n-th is a function of n alone.
struct PowerLedger {
  static constexpr std::size_t remembered = 1U << 16U;

  std::atomic<std::uint64_t> begun{0};   ///< Highest number that a transaction may have taken.
  std::atomic<std::uint64_t> acked{0};   ///< Highest number that returned.
  std::atomic<std::uint64_t> synced{0};  ///< Highest number that had returned when a sync began.
  std::array<std::atomic<std::uint64_t>, remembered> acked_at{};  ///< Microseconds, by number.
  std::atomic<std::uint64_t> total_acked{0};
  std::uint64_t syncs = 0;
  std::atomic<std::uint64_t> violations{0};
  std::array<char, 1000> first_violation{};

  void violate(std::string_view text) noexcept {
    if (violations.fetch_add(1) != 0) return;
    std::snprintf(first_violation.data(), first_violation.size(), "%.*s",
                  static_cast<int>(text.size()), text.data());
  }
};

/// Microseconds of the steady clock.
[[nodiscard]] std::uint64_t steady_us();

/// One transaction of the workload. Returns its number.
std::uint64_t power_step(Subject& subject, PowerLedger& ledger);

/// A sync, noted in the ledger.
void power_sync(Subject& subject, PowerLedger& ledger);

/// Checks that `subject` holds the state after some transaction, and returns its number.
std::uint64_t check_power_state(Subject& subject, PowerLedger& ledger);

}  // namespace larder::test
