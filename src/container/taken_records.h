// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "container/subspace.h"
#include "larder/container/detail/deque_core.h"
#include "larder/engine/engine.h"
#include "larder/engine/txn.h"

namespace larder::detail {

/// What is kept of an item while it is taken.
struct TakenRecord {
  std::uint64_t token = 0;
  std::uint64_t attempts = 0;
  std::int64_t taker = 0;  ///< Number of the process that has it.
  /// In microseconds of the steady clock of the machine.
  std::int64_t lease_end = 0;
  DequeEnd end = DequeEnd::front;  ///< Where it was taken.
};

/// How to look whether a process has ended.
enum class Look {
  brief,  ///< Whether its number is free. Zombies, and others who got the number, are not noticed.
  close,  ///< Costs some twenty times as much.
};

/// A process that takes items.
struct Taker {
  std::int64_t pid = 0;
  std::uint64_t start_ticks = 0;
  std::uint64_t process_space = 0;
  std::string boot = {};       ///< Name of the boot of the machine.
  std::uint64_t presence = 0;  ///< As its engine told. 0 if that did not.

  /// This process, which has `engine` open.
  [[nodiscard]] static Taker current(const std::string& boot, Engine& engine);

  /// Whether it is the same process, which may have closed the engine and opened it again.
  [[nodiscard]] bool is_same_process(const Taker& other) const noexcept;

  /// Whether it has certainly ended, as `mine`, which is this process, can tell; if it is in
  /// another container, whether it has closed the engine.
  [[nodiscard]] bool has_ended(const Taker& mine, Engine& engine, Look look) const;

  friend bool operator==(const Taker&, const Taker&) = default;
};

/// A process that may have items of a deque.
struct KnownTaker {
  std::int64_t number = 0;
  std::optional<Taker> taker = std::nullopt;  ///< Nothing if the record is damaged.
};

void store_taken(WriteTxn& txn, const Subspace& place, std::int64_t item,
                 const TakenRecord& record);
/// @throws Error `corrupt`
[[nodiscard]] std::optional<TakenRecord> find_taken(ReadTxn& txn, const Subspace& place,
                                                    std::int64_t item);
/// The numbers of all items that are taken.
[[nodiscard]] std::vector<std::int64_t> list_taken(ReadTxn& txn, const Subspace& place);

/// How often an item was taken that is not taken now.
void store_attempts(WriteTxn& txn, const Subspace& place, std::int64_t item,
                    std::uint64_t attempts);
/// @throws Error `corrupt`
[[nodiscard]] std::uint64_t load_attempts(ReadTxn& txn, const Subspace& place, std::int64_t item);

void store_taker(WriteTxn& txn, const Subspace& place, std::int64_t number, const Taker& taker);
[[nodiscard]] std::vector<KnownTaker> list_takers(ReadTxn& txn, const Subspace& place);
/// Those who have items, of which there are `taken`; and others, if that is less to read.
[[nodiscard]] std::vector<KnownTaker> list_owners(ReadTxn& txn, const Subspace& place,
                                                  std::uint64_t taken);
/// The numbers of those that have ended, as `mine` can tell, or whose record is damaged.
[[nodiscard]] std::vector<std::int64_t> find_ended(const std::vector<KnownTaker>& takers,
                                                   const Taker& mine, Engine& engine, Look look);

}  // namespace larder::detail
