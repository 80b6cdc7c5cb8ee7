// SPDX-License-Identifier: Apache-2.0
// Claims: one holder at a time, among threads and processes, even when it dies.
#include <atomic>
#include <csignal>
#include <thread>
#include <vector>

#include "conformance/engine_suite.h"
#include "support/channel.h"
#include "support/child.h"
#include "support/expect_kind.h"

namespace larder::test {

namespace {

SteadyTime in(std::chrono::milliseconds time) { return Clock::system().steady_now() + time; }

}  // namespace

TEST_P(EngineSuite, claim_has_one_holder_at_a_time) {
  int count = 0;  // not atomic: the claim must order the accesses
  std::atomic<int> inside{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        const ClaimPtr claim = engine().claim(as_bytes("name"), in(std::chrono::seconds{60}));
        EXPECT_EQ(inside.fetch_add(1), 0);
        ++count;
        inside.fetch_sub(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count, 2000);
}

TEST_P(EngineSuite, claims_on_different_names_do_not_wait) {
  std::vector<ClaimPtr> claims;
  for (int i = 0; i < 50; ++i) {
    claims.push_back(engine().claim(as_bytes("name" + std::to_string(i)), SteadyTime{}));
  }
  EXPECT_EQ(claims.size(), 50U);
}

TEST_P(EngineSuite, claim_that_others_have_is_not_to_be_had) {
  const ClaimPtr claim = engine().claim(as_bytes("name"), SteadyTime{});
  std::thread([&] {
    expect_kind(ErrorKind::unavailable,
                [&] { static_cast<void>(engine().claim(as_bytes("name"), SteadyTime{})); });
  }).join();
}

TEST_P(EngineSuite, claim_that_the_thread_has_already_is_an_error) {
  ClaimPtr claim = engine().claim(as_bytes("name"), SteadyTime{});
  expect_kind(ErrorKind::invalid_argument, [&] {
    static_cast<void>(engine().claim(as_bytes("name"), in(std::chrono::seconds{60})));
  });
  claim.reset();
  claim = engine().claim(as_bytes("name"), SteadyTime{});
  EXPECT_NE(claim, nullptr);
}

TEST_P(EngineSuite, claims_on_very_many_names_come_one_after_the_other) {
  for (int i = 0; i < 5000; ++i) {
    const ClaimPtr claim = engine().claim(as_bytes("name" + std::to_string(i)), SteadyTime{});
    ASSERT_NE(claim, nullptr);
  }
}

TEST_P(PersistentEngineSuite, claim_of_a_killed_process_is_free_at_once) {
  for (int round = 0; round < 20; ++round) {
    ChannelPair line;
    Child child([&] {
      line.parent.close();
      const ClaimPtr claim = engine().claim(as_bytes("name"), in(std::chrono::seconds{60}));
      line.child.send("have it");
      static_cast<void>(line.child.receive());  // until killed
      return 0;
    });
    line.child.close();
    ASSERT_EQ(line.parent.receive(), "have it");
    expect_kind(ErrorKind::unavailable,
                [&] { static_cast<void>(engine().claim(as_bytes("name"), SteadyTime{})); });
    std::atomic<bool> waits{false};
    std::thread waiter([&] {
      waits = true;
      // Far less than a timeout: it is the death that ends the wait.
      EXPECT_NE(engine().claim(as_bytes("name"), in(std::chrono::seconds{30})), nullptr);
    });
    while (!waits) std::this_thread::yield();
    child.kill(SIGKILL);
    waiter.join();
  }
}

TEST_P(PersistentEngineSuite, child_of_a_fork_does_not_give_back_the_claim_of_its_parent) {
  ClaimPtr claim = engine().claim(as_bytes("name"), SteadyTime{});
  EXPECT_TRUE(run_in_child([&] {
                claim.reset();
                try {
                  static_cast<void>(engine().claim(as_bytes("name"), SteadyTime{}));
                } catch (const Error& error) {
                  return error.kind() == ErrorKind::unavailable ? 0 : 1;
                }
                return 2;
              }).is_good());
}

}  // namespace larder::test
