// SPDX-License-Identifier: Apache-2.0
#include "support/container.h"

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>

#include <chrono>

namespace larder::test {

namespace {

int run_as_first(FunctionRef<int()> body) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
      ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("proc", "/proc", "proc", 0, nullptr) != 0) {
    return cannot_contain;
  }
  return body();
}

}  // namespace

Child start_container(FunctionRef<int()> body) {
  return Child([body] {
    if (::unshare(CLONE_NEWPID | CLONE_NEWNS) != 0) return cannot_contain;
    const ChildEnd end = run_in_child([body] { return run_as_first(body); }, std::chrono::hours{1});
    return end.signal == 0 ? end.exit_code : 128 + end.signal;
  });
}

bool can_contain() {
  static const bool can = start_container([] { return 0; }).wait().is_good();
  return can;
}

}  // namespace larder::test
