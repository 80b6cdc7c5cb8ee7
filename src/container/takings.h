// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "container/deque_edit.h"
#include "container/taken_records.h"

namespace larder::detail {

/// What one update does to the items of a deque that are taken.
class DequeCore::Takings {
 public:
  Takings(Edit& edit, std::int64_t now) noexcept
      : edit_(edit), place_(edit.place()), meta_(edit.meta().taking), now_(now) {}

  /// Takes the item at `end` for `taker`. What is damaged, or has no attempt left, goes to the dead
  /// letters. Nothing if there is no other item.
  [[nodiscard]] std::optional<Taking> take(DequeEnd end, std::int64_t taker, std::int64_t lease_end,
                                           DequeVisitor visit);

  /// The record of `taking`, or nothing if that has ended.
  [[nodiscard]] std::optional<TakenRecord> find(const Taking& taking) const;

  void acknowledge(std::int64_t item, const TakenRecord& record);
  /// To its place, or to the dead letters.
  void bring_back(std::int64_t item, const TakenRecord& record);
  void extend(std::int64_t item, TakenRecord record, std::int64_t lease_end);

  /// Brings back what `ended` had, and all whose leases are over. Returns how many there were.
  std::uint64_t sweep(const std::vector<std::int64_t>& ended);

 private:
  [[nodiscard]] std::optional<std::uint64_t> begin_attempt(std::int64_t item, DequeVisitor visit);
  void forget(std::int64_t item, DequeEnd end);
  void bury(std::int64_t item);
  std::uint64_t bury_unknown();

  Edit& edit_;
  const Place& place_;
  TakingMeta& meta_;
  std::int64_t now_;
};

}  // namespace larder::detail
