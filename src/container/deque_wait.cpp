// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "container/deque_place.h"
#include "larder/core/clock.h"

namespace larder::detail {

namespace {

// If who changed the deque was killed before it could wake anybody.
constexpr std::chrono::seconds look_again{1};
// Longer waits are for ever; they must not overflow.
constexpr std::chrono::hours for_ever{24 * 365 * 100};

// Tries until it succeeds or `timeout` is over, and sleeps meanwhile until `name` is notified.
bool try_within(Engine& engine, BytesView name, std::chrono::nanoseconds timeout,
                FunctionRef<bool()> attempt) {
  const Clock& clock = Clock::system();
  const SteadyTime deadline =
      clock.steady_now() + std::min<std::chrono::nanoseconds>(timeout, for_ever);
  for (;;) {
    const std::uint32_t seen = engine.notifications(name);
    if (attempt()) return true;
    const SteadyTime now = clock.steady_now();
    if (now >= deadline) return false;
    engine.wait(name, seen, std::min<SteadyTime>(deadline, now + look_again));
  }
}

}  // namespace

// Both ask to write only if it would do something: not for each item or room that somebody else
// took.

bool DequeCore::pop_within(DequeEnd end, std::chrono::nanoseconds timeout, DequeVisitor visit) {
  const KeyBuffer name = place_->has_items();
  return try_within(*place_->engine, name.view(), timeout,
                    [&] { return size() > 0 && pop(end, visit); });
}

bool DequeCore::push_within(DequeEnd end, std::chrono::nanoseconds timeout, BytesView item) {
  const KeyBuffer name = place_->has_room();
  return try_within(*place_->engine, name.view(), timeout, [&] {
    const bool has_room = place_->engine->view([&](ReadTxn& txn) {
      const DequeMeta meta = place_->load(txn);
      return meta.size() < meta.max_size;
    });
    return has_room && try_push(end, item);
  });
}

}  // namespace larder::detail
