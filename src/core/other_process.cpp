// SPDX-License-Identifier: Apache-2.0
#include "core/other_process.h"

#include <signal.h>
#include <sys/stat.h>

#include <cerrno>

#include "larder/core/io.h"
#include "larder/core/process.h"

namespace larder {

namespace {

struct KnownSpace {
  std::uint64_t forks = UINT64_MAX;
  std::uint64_t space = 0;
};

// A process stays in its numbering; a child may be in another one.
thread_local KnownSpace known;

}  // namespace

std::uint64_t process_space() {
  if (known.forks != fork_generation()) {
    struct stat status{};
    const bool is_known = Io::system().stat("/proc/self/ns/pid", status) == 0;
    known = {.forks = fork_generation(), .space = is_known ? status.st_ino : 0};
  }
  return known.space;
}

bool has_process(pid_t pid) noexcept { return ::kill(pid, 0) == 0 || errno != ESRCH; }

}  // namespace larder
