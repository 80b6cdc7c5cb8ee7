// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>

#include "container/look_out.h"
#include "container/taken_item.h"
#include "container/takings.h"
#include "larder/core/error.h"

namespace larder::detail {

namespace {

// All processes of one boot of the machine agree on it, and nobody sets it.
std::int64_t steady_now(const Clock& clock) {
  return std::chrono::duration_cast<Duration>(clock.steady_now().time_since_epoch()).count();
}

std::int64_t lease_end(const Clock& clock, Duration lease) {
  const std::int64_t now = steady_now(clock);
  return lease.count() > no_time - now ? no_time : now + lease.count();
}

void check_lease(Duration lease) {
  if (lease > Duration::zero()) return;
  throw Error(ErrorKind::invalid_argument, "deque: a lease must be longer than no time");
}

}  // namespace

std::optional<TakenItem> DequeCore::take(DequeEnd end, Duration lease, DequeVisitor visit) {
  check_lease(lease);
  bring_back_in_passing();
  const Clock& clock = engine()->clock();
  std::shared_ptr<TakenItem::State> state = update(
      [&](Edit& edit) -> std::shared_ptr<TakenItem::State> {
        if (edit.size() == 0) return nullptr;
        const std::int64_t taker = enter(edit);
        const auto taking =
            Takings(edit, steady_now(clock)).take(end, taker, lease_end(clock, lease), visit);
        if (!taking) return nullptr;
        auto taken = std::make_shared<TakenItem::State>(shared_from_this(), *taking);
        edit.txn().at_end([taken](UpdateEnd how) {
          if (how == UpdateEnd::undone) taken->undo();
        });
        return taken;
      },
      freeing);
  return state ? std::optional<TakenItem>(std::in_place, std::move(state)) : std::nullopt;
}

// The number of this process among those that take. A new one looks who of the others has ended.
std::int64_t DequeCore::enter(Edit& edit) {
  const Taker mine = Taker::current(place_->boot, *engine());
  const std::vector<KnownTaker> takers = list_takers(edit.txn(), place_->keys);
  const auto own = std::ranges::find_if(takers, [&](const KnownTaker& known) {
    return known.taker && known.taker->is_same_process(mine);
  });
  if (own != takers.end()) {
    if (own->taker != mine) store_taker(edit.txn(), place_->keys, own->number, mine);
    return own->number;
  }
  const std::vector<std::int64_t> ended = find_ended(takers, mine, *engine(), Look::close);
  if (!ended.empty()) Takings(edit, steady_now(engine()->clock())).sweep(ended);
  const auto number = static_cast<std::int64_t>(edit.meta().taking.next_token++);
  store_taker(edit.txn(), place_->keys, number, mine);
  return number;
}

bool DequeCore::change_taking(const Taking& taking,
                              FunctionRef<void(Takings&, const TakenRecord&)> change) {
  return update(
      [&](Edit& edit) {
        Takings takings(edit, steady_now(engine()->clock()));
        const std::optional<TakenRecord> record = takings.find(taking);
        if (record) change(takings, *record);
        return record.has_value();
      },
      freeing);
}

bool DequeCore::acknowledge(const Taking& taking) {
  return change_taking(taking, [&](Takings& takings, const TakenRecord& record) {
    takings.acknowledge(taking.item, record);
  });
}

bool DequeCore::give_back(const Taking& taking) {
  return change_taking(taking, [&](Takings& takings, const TakenRecord& record) {
    takings.bring_back(taking.item, record);
  });
}

bool DequeCore::extend(const Taking& taking, Duration lease) {
  check_lease(lease);
  const std::int64_t end = lease_end(engine()->clock(), lease);
  return change_taking(taking, [&](Takings& takings, const TakenRecord& record) {
    takings.extend(taking.item, record, end);
  });
}

std::uint64_t DequeCore::taken() const {
  return engine()->view([&](ReadTxn& txn) { return place_->load(txn).taking.taken; });
}

// One after the other in quick succession need not look closely each.
std::uint64_t DequeCore::bring_back_in_passing() {
  const SteadyTime now = Clock::system().steady_now();
  const std::int64_t ticks = now.time_since_epoch().count();
  const bool is_close = ticks - looked_at_.load(std::memory_order_relaxed) >=
                        std::chrono::nanoseconds(look_after_takers).count();
  if (is_close) looked_at_.store(ticks, std::memory_order_relaxed);
  return bring_back(is_close ? Look::close : Look::brief);
}

std::uint64_t DequeCore::bring_back() { return bring_back(Look::close); }

// Looks without an update, so that nobody is held up meanwhile.
std::uint64_t DequeCore::bring_back(Look look) {
  const std::int64_t now = steady_now(engine()->clock());
  bool is_due = false;
  std::vector<std::int64_t> ended;
  engine()->view([&](ReadTxn& txn) {
    const TakingMeta meta = place_->load(txn).taking;
    if (meta.taken == 0) return;
    ended = find_ended(list_owners(txn, place_->keys, meta.taken),
                       Taker::current(place_->boot, *engine()), *engine(), look);
    is_due = !ended.empty() || meta.first_end <= now;
  });
  if (!is_due) return 0;
  return update([&](Edit& edit) { return Takings(edit, now).sweep(ended); }, freeing);
}

std::uint64_t DequeCore::max_attempts() const {
  return engine()->view([&](ReadTxn& txn) { return place_->load(txn).taking.max_attempts; });
}

void DequeCore::set_max_attempts(std::uint64_t max_attempts) {
  update([&](Edit& edit) { edit.meta().taking.max_attempts = max_attempts; });
}

std::shared_ptr<DequeCore> DequeCore::dead_letters() const {
  return std::shared_ptr<DequeCore>(
      new DequeCore(std::make_unique<const Place>(place_->dead_letters())));
}

// What is damaged stays where it is, and what there is no room for.
std::uint64_t DequeCore::requeue_dead_letters() {
  return update(
      [&](Edit& edit) {
        const Place grave = place_->dead_letters();
        Edit dead(grave, edit.txn());
        std::uint64_t moved = 0;
        for (std::uint64_t at = 0; at < dead.size() && edit.size() < edit.meta().max_size;) {
          const auto item =
              unless_damaged([&] { return grave.get_item(edit.txn(), dead.tree().find(at)); });
          if (!item) {
            ++at;
            continue;
          }
          edit.insert(edit.size(), *item, DequeEnd::back);
          dead.erase(at, 1);
          ++moved;
        }
        dead.save();
        return moved;
      },
      freeing);
}

}  // namespace larder::detail
