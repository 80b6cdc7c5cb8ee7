// SPDX-License-Identifier: Apache-2.0
#include "larder/sync/rate_limiter.h"

#include <algorithm>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "larder/codec/reflect.h"
#include "larder/core/error.h"
#include "sync/cell.h"

namespace larder {

namespace {

using Nanoseconds = std::chrono::nanoseconds;

constexpr std::uint32_t most_in_window = 10'000;
// So that no sum below overflows.
constexpr Duration longest_period = std::chrono::hours{24 * 365};
constexpr Duration longest_wait = 100 * longest_period;
constexpr Duration longest_time = longest_period + longest_wait;

/// What is kept. Times are nanoseconds of the steady clock of one boot.
struct Turns {
  std::string boot = {};
  std::int64_t steady = 0;  ///< When this was stored, by both clocks.
  std::int64_t wall = 0;    ///< In microseconds.
  /// For a bucket the moment when it is full again; for a window its last turns.
  std::vector<std::int64_t> times = {};
};

struct Now {
  std::string boot;
  std::int64_t steady;
  std::int64_t wall;
};

Now now_of(const Engine& engine) {
  const Clock& clock = engine.clock();
  return {.boot = engine.place().boot,
          .steady = Nanoseconds(clock.steady_now().time_since_epoch()).count(),
          .wall = clock.now().time_since_epoch().count()};
}

/// Brings times of another boot to this one: as much later as the calendar says. Returns whether
/// they were of another.
bool move_to(const Now& now, Turns& turns) {
  const bool is_other = turns.boot != now.boot || turns.steady > now.steady;
  if (is_other) {
    const std::int64_t most = Nanoseconds(longest_time).count();
    const std::int64_t passed =
        std::clamp<std::int64_t>(now.wall - turns.wall, 0, longest_time.count()) * 1000;
    for (std::int64_t& time : turns.times) {
      time = now.steady - passed + std::clamp(time - turns.steady, -most, most);
    }
  }
  turns.boot = now.boot;
  turns.steady = now.steady;
  turns.wall = now.wall;
  return is_other;
}

/// Takes the next turn out of `turns` and returns when it is.
std::int64_t next_turn(const RateLimit& limit, std::int64_t now, std::vector<std::int64_t>& times) {
  const std::int64_t period = Nanoseconds(limit.period).count();
  if (limit.shape == RateShape::sliding_window) {
    std::int64_t turn = now;
    if (times.size() >= limit.count) {
      turn = std::max(turn, times[times.size() - limit.count] + period);
      times.erase(times.begin(), times.end() - (limit.count - 1));
    }
    times.push_back(turn);
    return turn;
  }
  // Rounded up: never more than allowed.
  const std::int64_t step = (period + limit.count - 1) / limit.count;
  const std::int64_t full_at = times.empty() ? now : std::max(now, times.front());
  times.assign(1, full_at + step);
  return std::max(now, full_at - step * (limit.count - 1));
}

}  // namespace

struct RateLimiter::State {
  EnginePtr engine;
  RateLimit limit;
  detail::Cell cell;
};

RateLimiter::RateLimiter(EnginePtr engine, const Key& name, RateLimit limit) {
  if (limit.count == 0 || limit.period <= Duration::zero() || limit.period > longest_period ||
      (limit.shape == RateShape::sliding_window && limit.count > most_in_window)) {
    throw Error(ErrorKind::invalid_argument,
                "sync: " + name.to_string() +
                    ": a rate is one turn or more (a sliding window has "
                    "at most 10000) in a period of up to a year");
  }
  const auto kind =
      limit.shape == RateShape::token_bucket ? detail::CellKind::bucket : detail::CellKind::window;
  state_ = std::make_shared<State>(State{.engine = std::move(engine),
                                         .limit = std::move(limit),
                                         .cell = detail::Cell(kind, name.bytes())});
}

void RateLimiter::acquire() {
  if (!try_acquire_for(longest_wait)) {
    throw Error(ErrorKind::unavailable, "sync: the next turn is more than a century away");
  }
}

std::optional<SteadyTime> RateLimiter::reserve(Duration longest) {
  return state_->engine->update([&](WriteTxn& txn) -> std::optional<SteadyTime> {
    const Now now = now_of(*state_->engine);
    Turns turns = state_->cell.read<Turns>(txn).value_or(Turns{});
    // Kept even if there is no turn: from now on the clock of this boot counts.
    if (move_to(now, turns)) state_->cell.write(txn, turns);
    const std::int64_t turn = next_turn(state_->limit, now.steady, turns.times);
    if (std::chrono::ceil<Duration>(Nanoseconds(turn - now.steady)) >
        std::min(longest, longest_wait))
      return std::nullopt;
    state_->cell.write(txn, turns);
    return SteadyTime(Nanoseconds(turn));
  });
}

bool RateLimiter::try_acquire_for(Duration longest) {
  if (state_->engine->is_in_transaction()) {
    throw Error(ErrorKind::invalid_argument,
                "sync: not to be waited for a turn inside an update or a view of the engine, which "
                "would hold up all others: reserve() it there, and wait after it");
  }
  const std::optional<SteadyTime> turn = reserve(longest);
  if (!turn) return false;
  if (state_->limit.wait_until) {
    state_->limit.wait_until(*turn);
  } else {
    std::this_thread::sleep_until(*turn);
  }
  return true;
}

void RateLimiter::reset() {
  state_->engine->update([&](WriteTxn& txn) { state_->cell.erase(txn); });
}

}  // namespace larder
