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

class FileActions {
 public:
  explicit FileActions(int stdin_fd) {
    ::posix_spawn_file_actions_init(&actions_);
    // Only a spooled stdin, which is a file of our own, can be read again.
    if (stdin_fd != STDIN_FILENO) {
      ::lseek(stdin_fd, 0, SEEK_SET);
      ::posix_spawn_file_actions_adddup2(&actions_, stdin_fd, STDIN_FILENO);
    } else {
      ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    }
    ::posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
  }
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;

  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

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
  const FileActions actions(stdin_fd);
  const NewSession session;
  pid_t pid = 0;
  const int error =
      ::posix_spawn(&pid, "/proc/self/exe", actions.get(), session.get(), pointers.data(), environ);
  if (error != 0) throw system_error(error, "cannot start a process");
}

}  // namespace larder::cli
