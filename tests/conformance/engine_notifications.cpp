// SPDX-License-Identifier: Apache-2.0
// Notifications: who waits is woken, by threads and processes, and by nothing else for long.
#include <atomic>
#include <csignal>
#include <thread>

#include "conformance/engine_suite.h"
#include "support/channel.h"
#include "support/child.h"

namespace larder::test {

namespace {

SteadyTime in(std::chrono::milliseconds time) { return Clock::system().steady_now() + time; }

/// Waits until `is_done()`, as a structure would.
template <typename Condition>
bool wait_until(Engine& engine, std::string_view name, SteadyTime deadline, Condition is_done) {
  for (;;) {
    const std::uint32_t seen = engine.notifications(as_bytes(name));
    if (is_done()) return true;
    if (Clock::system().steady_now() >= deadline) return false;
    engine.wait(as_bytes(name), seen, deadline);
  }
}

}  // namespace

TEST_P(EngineSuite, notification_changes_the_number) {
  const std::uint32_t before = engine().notifications(as_bytes("name"));
  EXPECT_EQ(engine().notifications(as_bytes("name")), before);
  engine().notify(as_bytes("name"));
  EXPECT_NE(engine().notifications(as_bytes("name")), before);
}

TEST_P(EngineSuite, wait_with_an_old_number_returns_at_once) {
  const std::uint32_t before = engine().notifications(as_bytes("name"));
  engine().notify(as_bytes("name"));
  engine().wait(as_bytes("name"), before, in(std::chrono::hours{1}));
}

TEST_P(EngineSuite, wait_ends_at_its_deadline) {
  const SteadyTime deadline = in(std::chrono::milliseconds{20});
  EXPECT_FALSE(wait_until(engine(), "name", deadline, [] { return false; }));
  EXPECT_GE(Clock::system().steady_now(), deadline);
  engine().wait(as_bytes("name"), engine().notifications(as_bytes("name")), SteadyTime{});
}

// A ball between two threads: each wait would take an hour if a notification were lost.
TEST_P(EngineSuite, no_notification_between_threads_is_lost) {
  constexpr int rounds = 5000;
  std::atomic<int> ball{0};
  const auto play = [&](int side) {
    for (int i = 0; i < rounds; ++i) {
      EXPECT_TRUE(wait_until(engine(), "ball", in(std::chrono::hours{1}),
                             [&] { return ball.load() % 2 == side; }));
      ++ball;
      engine().notify(as_bytes("ball"));
    }
  };
  std::thread other([&] { play(1); });
  play(0);
  other.join();
  EXPECT_EQ(ball, 2 * rounds);
}

TEST_P(EngineSuite, all_who_wait_are_woken) {
  std::atomic<bool> is_there{false};
  std::atomic<int> woken{0};
  std::vector<std::thread> waiters;
  for (int i = 0; i < 8; ++i) {
    waiters.emplace_back([&] {
      woken +=
          wait_until(engine(), "name", in(std::chrono::hours{1}), [&] { return is_there.load(); })
              ? 1
              : 0;
    });
  }
  is_there = true;
  engine().notify(as_bytes("name"));
  for (std::thread& waiter : waiters) waiter.join();
  EXPECT_EQ(woken, 8);
}

TEST_P(PersistentEngineSuite, notification_wakes_other_processes) {
  ChannelPair line;
  Child child([&] {
    line.parent.close();
    const EnginePtr own = open();
    line.child.send("ready");
    const auto is_there = [&] { return get(*own, "a").has_value(); };
    return wait_until(*own, "name", in(std::chrono::seconds{50}), is_there) ? 0 : 1;
  });
  line.child.close();
  ASSERT_EQ(line.parent.receive(), "ready");
  put(engine(), "a", "1");
  engine().notify(as_bytes("name"));
  EXPECT_TRUE(child.wait(std::chrono::seconds{40}).is_good());
}

TEST_P(PersistentEngineSuite, killed_waiter_is_in_nobodys_way) {
  ChannelPair line;
  Child child([&] {
    line.parent.close();
    const std::uint32_t seen = engine().notifications(as_bytes("name"));
    line.child.send("ready");
    for (;;) engine().wait(as_bytes("name"), seen, in(std::chrono::hours{1}));
    return 0;
  });
  line.child.close();
  ASSERT_EQ(line.parent.receive(), "ready");
  child.kill(SIGKILL);
  child.wait();
  const std::uint32_t before = engine().notifications(as_bytes("name"));
  engine().notify(as_bytes("name"));
  engine().wait(as_bytes("name"), before, in(std::chrono::hours{1}));
}

}  // namespace larder::test
