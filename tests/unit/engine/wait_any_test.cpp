// SPDX-License-Identifier: Apache-2.0

// Waiting for several notifications at once.

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/notifications.h"
#include "larder/engine/engine.h"
#include "support/channel.h"
#include "support/child.h"
#include "support/temp_dir.h"

namespace larder::test {
namespace {

using namespace std::chrono_literals;

class WaitAny : public testing::Test {
 protected:
  [[nodiscard]] static SteadyTime in(std::chrono::nanoseconds time) {
    return Clock::system().steady_now() + time;
  }
  [[nodiscard]] static Awaited await(const EnginePtr& engine, std::string_view name) {
    return {.engine = engine,
            .name = to_bytes(as_bytes(name)),
            .seen = engine->notifications(as_bytes(name))};
  }
  /// Waits until one of `awaited` has happened; returns whether one did.
  bool happens(const std::vector<Awaited>& awaited) {
    const SteadyTime patience = in(60s);
    while (Clock::system().steady_now() < patience) {
      wait_any(awaited, bell_, bell_.rings(), patience);
      for (const Awaited& what : awaited) {
        if (what.engine->notifications(what.name) != what.seen) return true;
      }
    }
    return false;
  }
  /// A second process tells when it is told to.
  void expect_to_hear_another_process() {
    TempDir folder{memory_folder()};
    const EnginePtr first = open_memory_engine();
    const EnginePtr second = open_lmdb({.path = folder / "db"});
    ChannelPair line;
    Child child([&] {
      line.parent.close();
      static_cast<void>(line.child.receive());
      second->notify(as_bytes("b"));
      return 0;
    });
    line.child.close();
    const std::vector<Awaited> awaited{await(first, "a"), await(second, "b")};
    line.parent.send("now");
    EXPECT_TRUE(happens(awaited));
    EXPECT_TRUE(child.wait().is_good());
  }

  Bell bell_;
};

/// The calling process gets `error` from futex_waitv, as from an older kernel, or in a container.
void forbid_futex_waitv(int error) {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),  // the number of the call
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_futex_waitv, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(error)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{.len = 4, .filter = code};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    throw std::runtime_error("cannot filter system calls");
  }
}

TEST_F(WaitAny, ends_at_its_deadline) {
  const EnginePtr engine = open_memory_engine();
  const SteadyTime deadline = in(20ms);
  while (Clock::system().steady_now() < deadline) {
    wait_any(std::vector{await(engine, "a")}, bell_, bell_.rings(), deadline);
  }
}

TEST_F(WaitAny, ends_at_once_for_what_has_happened) {
  const EnginePtr engine = open_memory_engine();
  const std::vector<Awaited> awaited{await(engine, "a"), await(engine, "b")};
  engine->notify(as_bytes("b"));
  wait_any(awaited, bell_, bell_.rings(), in(1h));
}

TEST_F(WaitAny, hears_threads_and_the_bell) {
  const EnginePtr engine = open_memory_engine();
  const std::vector<Awaited> awaited{await(engine, "a"), await(engine, "b")};
  std::thread teller([&] { engine->notify(as_bytes("b")); });
  EXPECT_TRUE(happens(awaited));
  teller.join();

  const std::uint32_t rings = bell_.rings();
  std::thread ringer([&] { bell_.ring(); });
  while (bell_.rings() == rings) wait_any({}, bell_, rings, in(60s));
  ringer.join();
}

TEST_F(WaitAny, hears_other_processes) { expect_to_hear_another_process(); }

TEST_F(WaitAny, hears_other_processes_where_the_kernel_cannot_watch_several_words) {
  for (const int error : {ENOSYS, EPERM}) {
    EXPECT_TRUE(run_in_child([&] {
                  forbid_futex_waitv(error);
                  expect_to_hear_another_process();
                  return HasFailure() ? 1 : 0;
                }).is_good());
  }
}

TEST_F(WaitAny, hears_one_of_more_than_the_kernel_can_watch) {
  std::vector<Awaited> awaited;
  awaited.reserve(200);
  for (int i = 0; i < 200; ++i) awaited.push_back(await(open_memory_engine(), "a"));
  std::thread teller([&] { awaited.back().engine->notify(as_bytes("a")); });
  EXPECT_TRUE(happens(awaited));
  teller.join();
}

}  // namespace
}  // namespace larder::test
