// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <optional>
#include <string>

#include "container/deque_place.h"
#include "container/look_out.h"
#include "larder/core/clock.h"
#include "larder/core/error.h"

namespace larder::detail {

namespace {

// If who changed the deque was killed before it could wake anybody.
constexpr std::chrono::seconds look_again{1};
// Longer waits are for ever; they must not overflow.
constexpr std::chrono::hours for_ever{24 * 365 * 100};

void expect_no_transaction(Engine& engine, const std::string& title) {
  if (!engine.is_in_transaction()) return;
  throw Error(ErrorKind::invalid_argument,
              title +
                  ": not to be waited for inside an update or a view of the engine, which keeps "
                  "out what is waited for: wait before it, or use what does not wait");
}

/// When to try again at the latest; nothing after success.
using Again = std::optional<SteadyTime>;

// Tries until it succeeds or `timeout` is over, and sleeps meanwhile until `name` is notified.
bool try_within(Engine& engine, BytesView name, std::chrono::nanoseconds timeout,
                FunctionRef<Again(SteadyTime now)> attempt) {
  const Clock& clock = Clock::system();
  const SteadyTime deadline =
      clock.steady_now() + std::min<std::chrono::nanoseconds>(timeout, for_ever);
  for (;;) {
    const std::uint32_t seen = engine.notifications(name);
    const Again again = attempt(clock.steady_now());
    if (!again) return true;
    if (clock.steady_now() >= deadline) return false;
    engine.wait(name, seen, std::min(deadline, *again));
  }
}

}  // namespace

// Both ask to write only if it would do something: not for each item or room that somebody else
// took.

bool DequeCore::wait_for_item(std::chrono::nanoseconds timeout, FunctionRef<bool()> attempt) {
  expect_no_transaction(*place_->engine, title());
  const KeyBuffer name = place_->has_items();
  bring_back_in_passing();
  LookOut look_out(*place_->engine, name.view());
  const auto load = [&] {
    return place_->engine->view([&](ReadTxn& txn) { return place_->load(txn); });
  };
  return try_within(*place_->engine, name.view(), timeout, [&](SteadyTime now) -> Again {
    DequeMeta meta = load();
    const bool has_takers = meta.taking.taken > 0;
    if (has_takers && look_out.is_due(now) && bring_back() > 0) meta = load();
    if (meta.size() > 0 && attempt()) return std::nullopt;
    return has_takers ? look_out.next() : now + look_again;
  });
}

bool DequeCore::pop_within(DequeEnd end, std::chrono::nanoseconds timeout, DequeVisitor visit) {
  return wait_for_item(timeout, [&] { return pop(end, visit); });
}

std::optional<TakenItem> DequeCore::take_within(DequeEnd end, std::chrono::nanoseconds timeout,
                                                Duration lease, DequeVisitor visit) {
  std::optional<TakenItem> taken;
  wait_for_item(timeout, [&] {
    taken = take(end, lease, visit);
    return taken.has_value();
  });
  return taken;
}

bool DequeCore::push_within(DequeEnd end, std::chrono::nanoseconds timeout, BytesView item) {
  expect_no_transaction(*place_->engine, title());
  const KeyBuffer name = place_->has_room();
  return try_within(*place_->engine, name.view(), timeout, [&](SteadyTime now) -> Again {
    const bool has_room = place_->engine->view([&](ReadTxn& txn) {
      const DequeMeta meta = place_->load(txn);
      return meta.size() < meta.max_size;
    });
    if (has_room && try_push(end, item)) return std::nullopt;
    return now + look_again;
  });
}

}  // namespace larder::detail
