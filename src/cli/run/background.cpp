// SPDX-License-Identifier: Apache-2.0
#include "cli/run/background.h"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cli/run/signal_relay.h"
#include "cli/spawn_actions.h"
#include "larder/core/error.h"
#include "larder/core/io.h"

namespace larder::cli {
namespace {

// The arguments of this process; the first two are the tool and its command.
std::vector<std::string> own_arguments() {
  const Bytes raw = read_file(Io::system(), "/proc/self/cmdline");
  std::vector<std::string> arguments;
  for (std::string_view rest = as_text(raw); !rest.empty();) {
    const std::string_view argument = rest.substr(0, rest.find('\0'));
    arguments.emplace_back(argument);
    rest.remove_prefix(std::min(rest.size(), argument.size() + 1));
  }
  return arguments;
}

class NewSession {
 public:
  NewSession() {
    ::posix_spawnattr_init(&attributes_);
    short flags = POSIX_SPAWN_SETSID;
    if (kills_too_large_files()) {
      // This process ignores it; the new one must be able to tell what it was before.
      sigset_t defaults;
      sigemptyset(&defaults);
      sigaddset(&defaults, SIGXFSZ);
      ::posix_spawnattr_setsigdefault(&attributes_, &defaults);
      flags |= POSIX_SPAWN_SETSIGDEF;
    }
    ::posix_spawnattr_setflags(&attributes_, flags);
  }
  ~NewSession() { ::posix_spawnattr_destroy(&attributes_); }
  NewSession(const NewSession&) = delete;
  NewSession& operator=(const NewSession&) = delete;

  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

}  // namespace

void start_in_background(int stdin_fd) {
  std::vector<std::string> arguments = own_arguments();
  constexpr std::ptrdiff_t behind_command = 2;
  arguments.insert(arguments.begin() + behind_command, background_option);
  std::vector<char*> pointers;
  pointers.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  SpawnActions actions;
  // Only a spooled stdin, which is a file of our own, can be read again.
  if (stdin_fd != STDIN_FILENO) {
    ::lseek(stdin_fd, 0, SEEK_SET);
    actions.pass(stdin_fd, STDIN_FILENO);
  } else {
    actions.pass_nothing(STDIN_FILENO, O_RDONLY);
  }
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) actions.pass_nothing(fd, O_WRONLY);
  actions.close_from(STDERR_FILENO + 1);
  const NewSession session;
  pid_t pid = 0;
  const int error =
      ::posix_spawn(&pid, "/proc/self/exe", actions.get(), session.get(), pointers.data(), environ);
  if (error != 0) throw system_error(error, "cannot start a process");
}

}  // namespace larder::cli
