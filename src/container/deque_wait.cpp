// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "container/deque_place.h"
#include "larder/core/clock.h"
#include "larder/core/error.h"

namespace larder::detail {

namespace {

// If who changed the deque was killed before it could wake anybody.
constexpr std::chrono::seconds look_again{1};
// Longer waits are for ever; they must not overflow.
constexpr std::chrono::hours for_ever{24 * 365 * 100};

enum class Attempt { succeeded, failed, failed_as_taken };

void expect_no_transaction(Engine& engine, const std::string& title) {
  if (!engine.is_in_transaction()) return;
  throw Error(ErrorKind::invalid_argument,
              title +
                  ": not to be waited for inside an update or a view of the engine, which keeps "
                  "out what is waited for: wait before it, or use what does not wait");
}

// Tries until it succeeds or `timeout` is over, and sleeps meanwhile until `name` is notified.
bool try_within(Engine& engine, BytesView name, std::chrono::nanoseconds timeout,
                FunctionRef<Attempt()> attempt) {
  const Clock& clock = Clock::system();
  const SteadyTime deadline =
      clock.steady_now() + std::min<std::chrono::nanoseconds>(timeout, for_ever);
  for (;;) {
    const std::uint32_t seen = engine.notifications(name);
    const Attempt result = attempt();
    if (result == Attempt::succeeded) return true;
    const SteadyTime now = clock.steady_now();
    if (now >= deadline) return false;
    const std::chrono::milliseconds pause =
        result == Attempt::failed_as_taken ? look_after_takers : look_again;
    engine.wait(name, seen, std::min<SteadyTime>(deadline, now + pause));
  }
}

}  // namespace

// Both ask to write only if it would do something: not for each item or room that somebody else
// took.

bool DequeCore::wait_for_item(std::chrono::nanoseconds timeout, FunctionRef<bool()> attempt) {
  expect_no_transaction(*place_->engine, title());
  const KeyBuffer name = place_->has_items();
  return try_within(*place_->engine, name.view(), timeout, [&] {
    bring_back_in_passing();
    const DequeMeta meta = place_->engine->view([&](ReadTxn& txn) { return place_->load(txn); });
    if (meta.size() > 0 && attempt()) return Attempt::succeeded;
    return meta.taking.taken > 0 ? Attempt::failed_as_taken : Attempt::failed;
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
  return try_within(*place_->engine, name.view(), timeout, [&] {
    const bool has_room = place_->engine->view([&](ReadTxn& txn) {
      const DequeMeta meta = place_->load(txn);
      return meta.size() < meta.max_size;
    });
    return has_room && try_push(end, item) ? Attempt::succeeded : Attempt::failed;
  });
}

}  // namespace larder::detail
