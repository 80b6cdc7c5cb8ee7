// SPDX-License-Identifier: Apache-2.0
#include "larder/engine/users.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <sstream>
#include <string>
#include <string_view>

#include "larder/core/error.h"
#include "larder/core/io.h"

namespace larder {
namespace {

/// Which process has the lock that `line` of /proc/locks tells of, if it is one of a whole file
/// that is had and not waited for, and the file is the one of `status`. Else 0.
pid_t holder_of(const std::string& line, const struct stat& status) {
  std::array<char, 16> kind{};
  int pid = 0;
  unsigned major_number = 0;
  unsigned minor_number = 0;
  std::uint64_t file = 0;
  const int found = std::sscanf(line.c_str(), "%*d: %15s %*s %*s %d %x:%x:%" SCNu64, kind.data(),
                                &pid, &major_number, &minor_number, &file);
  const bool is_it = found == 5 && std::string_view(kind.data()) == "FLOCK" &&
                     file == status.st_ino && major_number == major(status.st_dev) &&
                     minor_number == minor(status.st_dev);
  return is_it ? pid : 0;
}

/// What /proc/locks says; nothing if it is not there.
Bytes locks_of_system() {
  try {
    return read_file(Io::system(), "/proc/locks");
  } catch (const Error&) {
    return {};
  }
}

}  // namespace

std::vector<pid_t> users_of_lmdb(const std::filesystem::path& directory) {
  std::vector<pid_t> users;
  struct stat status{};
  if (Io::system().stat(directory / "users", status) != 0) return users;
  std::istringstream lines(std::string(as_text(locks_of_system())));
  for (std::string line; std::getline(lines, line);) {
    if (const pid_t pid = holder_of(line, status); pid > 0) users.push_back(pid);
  }
  std::ranges::sort(users);
  users.erase(std::ranges::unique(users).begin(), users.end());
  return users;
}

}  // namespace larder
