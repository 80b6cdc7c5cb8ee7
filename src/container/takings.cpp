// SPDX-License-Identifier: Apache-2.0

// An item that is taken leaves a place that does not count in the order, and has a record of who
// took it. When it comes back the record goes, but for the number of attempts.

#include "container/takings.h"

#include <algorithm>

namespace larder::detail {

namespace {

Direction from(DequeEnd end) {
  return end == DequeEnd::front ? Direction::forward : Direction::backward;
}

}  // namespace

std::optional<Taking> DequeCore::Takings::take(DequeEnd end, std::int64_t taker,
                                               std::int64_t lease_end, DequeVisitor visit) {
  while (edit_.size() > 0) {
    const std::uint64_t index = edit_.index_of(end);
    const std::int64_t item = edit_.tree().find(index);
    const std::optional<std::uint64_t> attempts = begin_attempt(item, visit);
    if (!attempts) {
      edit_.editor().cut(index, 1);
      bury(item);
      continue;
    }
    const Taking taking{.item = item, .token = meta_.next_token++, .attempts = *attempts};
    store_taken(edit_.txn(), place_.keys, item,
                {.token = taking.token,
                 .attempts = taking.attempts,
                 .taker = taker,
                 .lease_end = lease_end,
                 .end = end});
    edit_.txn().erase(place_.attempts_key(item).view());
    edit_.editor().take(index);
    ++meta_.taken;
    meta_.first_end = std::min(meta_.first_end, lease_end);
    return taking;
  }
  return std::nullopt;
}

// Shows the item. Nothing if it must not be taken, as damaged or out of attempts.
std::optional<std::uint64_t> DequeCore::Takings::begin_attempt(std::int64_t item,
                                                               DequeVisitor visit) {
  return unless_damaged([&] {
           const std::uint64_t before = load_attempts(edit_.txn(), place_.keys, item);
           if (before < meta_.max_attempts) visit(place_.get_item(edit_.txn(), item));
           return before < meta_.max_attempts ? std::optional(before + 1) : std::nullopt;
         })
      .value_or(std::nullopt);
}

std::optional<TakenRecord> DequeCore::Takings::find(const Taking& taking) const {
  const std::optional<TakenRecord> record = find_taken(edit_.txn(), place_.keys, taking.item);
  return record && record->token == taking.token ? record : std::nullopt;
}

void DequeCore::Takings::acknowledge(std::int64_t item, const TakenRecord& record) {
  forget(item, record.end);
  edit_.txn().erase(place_.item_key(item).view());
}

void DequeCore::Takings::bring_back(std::int64_t item, const TakenRecord& record) {
  if (record.attempts >= meta_.max_attempts) {
    forget(item, record.end);
    return bury(item);
  }
  edit_.txn().erase(place_.taken_key(item).view());
  store_attempts(edit_.txn(), place_.keys, item, record.attempts);
  if (!edit_.editor().restore(item, from(record.end))) place_.keys.fail("the order of its items");
  --meta_.taken;
}

void DequeCore::Takings::extend(std::int64_t item, TakenRecord record, std::int64_t lease_end) {
  record.lease_end = lease_end;
  store_taken(edit_.txn(), place_.keys, item, record);
  meta_.first_end = std::min(meta_.first_end, lease_end);
}

std::uint64_t DequeCore::Takings::sweep(const std::vector<std::int64_t>& ended) {
  std::uint64_t brought = 0;
  std::uint64_t kept = 0;
  meta_.first_end = no_time;
  for (const std::int64_t item : list_taken(edit_.txn(), place_.keys)) {
    const std::optional<TakenRecord> record = unless_damaged([&] {
                                                return find_taken(edit_.txn(), place_.keys, item);
                                              }).value_or(std::nullopt);
    if (!record) {
      forget(item, DequeEnd::front);
      bury(item);
      ++brought;
    } else if (record->lease_end <= now_ || std::ranges::count(ended, record->taker) > 0) {
      bring_back(item, *record);
      ++brought;
    } else {
      meta_.first_end = std::min(meta_.first_end, record->lease_end);
      ++kept;
    }
  }
  for (const std::int64_t number : ended) {
    edit_.txn().erase(place_.keys.key(DequeSpace::taker, number).view());
  }
  return meta_.taken == kept ? brought : brought + bury_unknown();
}

// Items that are taken, as the order says, but whose records are lost.
std::uint64_t DequeCore::Takings::bury_unknown() {
  std::uint64_t found = 0;
  for (const Run& run : edit_.tree().all()) {
    if (!run.is_taken() || edit_.txn().get(place_.taken_key(run.first).view())) continue;
    forget(run.first, DequeEnd::front);
    bury(run.first);
    ++found;
  }
  return found;
}

void DequeCore::Takings::forget(std::int64_t item, DequeEnd end) {
  edit_.txn().erase(place_.taken_key(item).view());
  if (!edit_.editor().forget(item, from(end))) place_.keys.fail("the order of its items");
  --meta_.taken;
}

// Moves an item that is no longer in the order to the dead letters; as it is, if it is damaged.
void DequeCore::Takings::bury(std::int64_t item) {
  WriteTxn& txn = edit_.txn();
  const Place grave = place_.dead_letters();
  Edit dead(grave, txn);
  const std::int64_t number = dead.append_place();
  const auto payload = unless_damaged([&] { return place_.get_item(txn, item); });
  if (payload) {
    dead.write(number, *payload);
  } else {
    const Bytes raw = to_bytes(txn.get(place_.item_key(item).view()).value_or(BytesView()));
    txn.put(grave.item_key(number).view(), raw);
  }
  dead.save();
  edit_.erase_records(item);
}

}  // namespace larder::detail
