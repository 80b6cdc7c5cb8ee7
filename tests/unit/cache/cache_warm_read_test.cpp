// SPDX-License-Identifier: Apache-2.0

// Once a cache is warm, reading asks nothing of the system: who reads is never put to sleep.

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "larder/cache/cache.h"
#include "larder/cache/object_tier.h"
#include "support/child.h"
#include "support/temp_dir.h"

namespace larder::test {
namespace {

/// From now on any call of the calling thread ends the process, but for its end and, where the
/// clock is not in memory, the time.
void forbid_system_calls() {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),  // the number of the call
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clock_gettime, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{.len = 5, .filter = code};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    throw std::runtime_error("cannot filter system calls");
  }
}

constexpr int keys = 200;

/// Returns how many of the keys were found, of which every other one is there.
int read_all(const Cache& cache, ObjectTier<std::string>& tier) {
  int found = 0;
  for (int key = 0; key < 2 * keys; ++key) {
    found += cache.get<std::string>(key) ? 1 : 0;
    found += cache.contains(key) ? 1 : 0;
    found += tier.get(key) ? 1 : 0;
  }
  return found;
}

TEST(CacheWarmRead, asks_nothing_of_the_system) {
  if (::dlsym(RTLD_DEFAULT, "__sanitizer_print_stack_trace") != nullptr) {
    GTEST_SKIP() << "sanitizers make calls of their own";
  }
  const TempDir folder;
  const ChildEnd end = run_in_child([&] {
    Cache cache = Cache::open({.path = folder / "c", .settings = {.max_entries = 1000}});
    for (int key = 0; key < keys; ++key) cache.put(2 * key, std::string(300, 'v'));
    ObjectTier<std::string> tier(cache);
    cache.engine().sync();
    read_all(cache, tier);
    forbid_system_calls();
    int found = 0;
    for (int round = 0; round < 50; ++round) found += read_all(cache, tier);
    std::_Exit(found == 50 * 3 * keys ? 0 : 1);
    return 1;
  });
  EXPECT_TRUE(end.is_good()) << end;
}

TEST(CacheWarmRead, filter_sees_calls) {
  const ChildEnd end = run_in_child([] {
    forbid_system_calls();
    static_cast<void>(::syscall(SYS_getppid));
    return 0;
  });
  EXPECT_EQ(end.signal, SIGSYS) << end;
}

}  // namespace
}  // namespace larder::test
