// SPDX-License-Identifier: Apache-2.0
#include "cli/run/program.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string_view>

#include "cli/run/signal_relay.h"

namespace larder::cli {
namespace {

struct Candidate {
  struct stat status = {};
  bool is_executable = false;
};

std::optional<Candidate> look_at(const std::string& path) {
  Candidate candidate;
  if (::stat(path.c_str(), &candidate.status) != 0) return std::nullopt;
  candidate.is_executable = S_ISREG(candidate.status.st_mode) &&
                            ::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) == 0;
  return candidate;
}

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

Program make_program(const std::string& path, const struct stat& status) {
  return {.path = std::filesystem::absolute(path).lexically_normal().string(),
          .size = static_cast<std::uint64_t>(status.st_size),
          .mtime_ns = nanoseconds(status.st_mtim),
          .ctime_ns = nanoseconds(status.st_ctim),
          .inode = status.st_ino};
}

std::string_view search_path() {
  const char* path = std::getenv("PATH");
  return path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
}

char* as_argument(const std::string& text) { return const_cast<char*>(text.c_str()); }

}  // namespace

Program find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    const std::optional<Candidate> candidate = look_at(name);
    if (!candidate) throw ProgramError(127, name + ": no such program");
    if (!candidate->is_executable) throw ProgramError(126, name + ": may not be executed");
    return make_program(name, candidate->status);
  }
  bool found = false;
  std::string_view rest = search_path();
  while (!name.empty() && !rest.empty()) {
    const std::string_view folder = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(folder.size() + 1, rest.size()));
    const std::string path = (folder.empty() ? "." : std::string(folder)) + "/" + name;
    const std::optional<Candidate> candidate = look_at(path);
    if (candidate && candidate->is_executable) return make_program(path, candidate->status);
    found = found || (candidate && !S_ISDIR(candidate->status.st_mode));
  }
  if (found) throw ProgramError(126, name + ": may not be executed");
  throw ProgramError(127, name + ": no such program in PATH");
}

Execution::Execution(const Program& program, std::span<const std::string> arguments)
    : path_(program.path) {
  static const std::string shell = "/bin/sh";
  shell_arguments_ = {as_argument(shell), as_argument(path_)};
  for (const std::string& argument : arguments) {
    if (!arguments_.empty()) shell_arguments_.push_back(as_argument(argument));
    arguments_.push_back(as_argument(argument));
  }
  arguments_.push_back(nullptr);
  shell_arguments_.push_back(nullptr);
}

int Execution::operator()() const noexcept {
  restore_file_size_signal();
  ::execve(path_.c_str(), arguments_.data(), environ);
  if (errno == ENOEXEC) ::execve(shell_arguments_.front(), shell_arguments_.data(), environ);
  return errno;
}

ProgramError execution_error(const Program& program, int error_number) {
  return {error_number == ENOENT ? 127 : 126, program.path + ": " + std::strerror(error_number)};
}

}  // namespace larder::cli
