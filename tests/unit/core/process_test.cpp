// SPDX-License-Identifier: Apache-2.0
#include "larder/core/process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "larder/core/io.h"
#include "larder/core/thread.h"
#include "support/channel.h"
#include "support/child.h"

namespace larder {
namespace {

using test::ChannelPair;
using test::Child;
using test::run_in_child;

TEST(Process, this_process_runs) {
  const ProcessIdentity me = current_process();
  EXPECT_EQ(me.pid, ::getpid());
  EXPECT_GT(me.start_ticks, 0U);
  EXPECT_TRUE(is_running(me));
  EXPECT_EQ(me, current_process());
}

TEST(Process, boot_id_is_the_one_of_the_kernel) {
  EXPECT_EQ(boot_id().size(), 36U);
  EXPECT_EQ(boot_id(), boot_id());
  EXPECT_EQ(current_process().boot_id, boot_id());
}

TEST(Process, another_start_time_or_boot_is_another_process) {
  ProcessIdentity later = current_process();
  ++later.start_ticks;
  EXPECT_FALSE(is_running(later));
  ProcessIdentity earlier_boot = current_process();
  earlier_boot.boot_id.front() = earlier_boot.boot_id.front() == 'f' ? '0' : 'f';
  EXPECT_FALSE(is_running(earlier_boot));
}

TEST(Process, nonsense_numbers_do_not_run) {
  for (const pid_t pid : {0, -1, -::getpid(), 0x7FFFFFFF}) {
    EXPECT_FALSE(is_running({.pid = pid, .start_ticks = 1, .boot_id = boot_id()})) << pid;
  }
}

TEST(Process, name_with_blanks_and_parentheses_does_not_confuse) {
  const ProcessIdentity parent = current_process();
  const auto end = run_in_child([&] {
    for (const char* name : {") Z 1 (", "a b)c", ")", "((((", ") X 0 0 0 0 0"}) {
      ::prctl(PR_SET_NAME, name);
      const ProcessIdentity me = current_process();
      if (me.start_ticks < parent.start_ticks || !is_running(me)) return 1;
      // Another process reads the name too, and finds the same.
      if (!run_in_child([&] { return is_running(me) ? 0 : 1; }).is_good()) return 2;
    }
    return 0;
  });
  EXPECT_TRUE(end.is_good()) << end;
}

TEST(Process, child_is_somebody_else_also_after_the_parent_asked) {
  const ProcessIdentity parent = current_process();
  const auto end = run_in_child([&] {
    const ProcessIdentity me = current_process();
    if (me == parent || me.pid != ::getpid()) return 1;
    if (!is_running(me) || !is_running(parent)) return 2;
    return me.start_ticks >= parent.start_ticks ? 0 : 3;
  });
  EXPECT_TRUE(end.is_good()) << end;
}

TEST(Process, killed_child_no_longer_runs_even_before_it_is_waited_for) {
  ChannelPair line;
  Child child([&] {
    line.parent.close();
    const ProcessIdentity me = current_process();
    line.child.send(std::to_string(me.start_ticks));
    (void)line.child.receive();
    return 0;
  });
  line.child.close();
  const auto ticks = line.parent.receive();
  ASSERT_TRUE(ticks);
  const ProcessIdentity identity{
      .pid = child.pid(), .start_ticks = std::stoull(*ticks), .boot_id = boot_id()};
  EXPECT_TRUE(is_running(identity));

  child.kill(SIGKILL);
  siginfo_t info = {};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child.pid()), &info, WEXITED | WNOWAIT), 0);
  EXPECT_FALSE(is_running(identity)) << "a zombie";
  (void)child.wait();
  EXPECT_FALSE(is_running(identity)) << "gone";
}

TEST(Process, runs_on_when_only_its_first_thread_has_ended) {
  ChannelPair line;
  Child child([&]() -> int {
    line.parent.close();
    std::thread([&line] {
      const ProcessIdentity me = current_process();
      const auto is_first_thread_gone = [] {
        const Bytes status = read_file(Io::system(), "/proc/self/stat");
        return as_text(status).find(") Z ") != std::string_view::npos;
      };
      while (!is_first_thread_gone()) std::this_thread::yield();
      line.child.send(is_running(me) ? "runs" : "ended");
      ::_exit(0);
    }).detach();
    ::syscall(SYS_exit, 0);  // this thread only, without unwinding
    return 1;
  });
  line.child.close();
  EXPECT_EQ(line.parent.receive(), "runs");
}

TEST(ForkGeneration, counts_the_forks_above) {
  const std::uint64_t here = fork_generation();
  EXPECT_EQ(fork_generation(), here);
  const auto end = run_in_child([&] {
    if (fork_generation() != here + 1) return 1;
    return run_in_child([&] { return fork_generation() == here + 2 ? 0 : 1; }).is_good() ? 0 : 2;
  });
  EXPECT_TRUE(end.is_good()) << end;
  EXPECT_EQ(fork_generation(), here);
}

TEST(Process, thread_runs_until_it_ends) {
  ProcessIdentity other;
  std::thread([&] {
    other = current_thread();
    EXPECT_TRUE(is_running(other));
    EXPECT_NE(other, current_process());
  }).join();
  EXPECT_EQ(current_thread(), current_process());
  // The kernel may still be at it.
  while (is_running(other)) std::this_thread::yield();
}

TEST(Process, identity_is_right_in_children_made_while_other_threads_ask) {
  std::atomic<bool> is_over = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      while (!is_over) (void)current_process();
    });
  }
  for (int i = 0; i < 50; ++i) {
    const auto end = run_in_child([] {
      const ProcessIdentity me = current_process();
      return me.pid == ::getpid() && is_running(me) ? 0 : 1;
    });
    EXPECT_TRUE(end.is_good()) << end;
  }
  is_over = true;
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace larder
