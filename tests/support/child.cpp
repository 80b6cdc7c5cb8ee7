// SPDX-License-Identifier: Apache-2.0
#include "support/child.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <ostream>
#include <stdexcept>
#include <utility>

namespace larder::test {

namespace {

int run_guarded(FunctionRef<int()> body) {
  try {
    return body();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "child %d: %s\n", static_cast<int>(::getpid()), error.what());
  } catch (...) {
    std::fprintf(stderr, "child %d: unknown exception\n", static_cast<int>(::getpid()));
  }
  return 99;
}

bool ends_within(pid_t pid, std::chrono::milliseconds limit) {
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) return true;  // waitpid() tells
  pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
  int count = 0;
  do {
    count = ::poll(&ready, 1, static_cast<int>(limit.count()));
  } while (count < 0 && errno == EINTR);
  ::close(fd);
  return count > 0;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const ChildEnd& end) {
  if (end.is_timed_out) return out << "still running at the end of its time";
  if (end.signal != 0) return out << "killed by signal " << end.signal;
  return out << "exit code " << end.exit_code;
}

Child::Child(FunctionRef<int()> body) {
  std::fflush(nullptr);
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) {
    const int code = run_guarded(body);
    std::fflush(nullptr);
    ::_exit(code);
  }
}

Child::Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}

Child::~Child() {
  if (pid_ <= 0) return;
  kill(SIGKILL);
  (void)wait();
}

void Child::kill(int signal) const {
  if (pid_ > 0) ::kill(pid_, signal);
}

ChildEnd Child::wait(std::chrono::milliseconds limit) {
  ChildEnd end;
  if (pid_ <= 0) return end;
  if (!ends_within(pid_, limit)) {
    end.is_timed_out = true;
    kill(SIGKILL);
  }
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  return end;
}

ChildEnd run_in_child(FunctionRef<int()> body, std::chrono::milliseconds limit) {
  return Child(body).wait(limit);
}

}  // namespace larder::test
