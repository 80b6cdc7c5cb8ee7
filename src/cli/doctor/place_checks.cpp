// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/place_checks.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <string>
#include <vector>

#include "cli/human.h"
#include "larder/core/clock.h"
#include "larder/core/error.h"
#include "larder/core/io.h"
#include "larder/engine/file_system.h"
#include "larder/engine/users.h"

namespace larder::cli {
namespace {

constexpr std::uint64_t little_space = std::uint64_t{256} << 20U;
constexpr std::uint64_t map_bytes = std::uint64_t{16} << 30U;
constexpr rlim_t few_files = 64;

void check_file_system(const std::filesystem::path& path, Findings& findings) {
  const std::int64_t type = Io::system().file_system_type(path);
  if (type < 0) {
    findings.push_back({Weight::notice, "file system", "cannot be told", ""});
    return;
  }
  const std::string name = file_system_name(type);
  switch (describe_file_system(type).kind) {
    case FileSystemKind::network:
      findings.push_back({Weight::problem, "file system", name + " cannot be shared memory",
                          "move the store to a local file system"});
      break;
    case FileSystemKind::mixed:
      findings.push_back({Weight::notice, "file system", name + " may be on a network",
                          "if it is, move the store to a local file system"});
      break;
    case FileSystemKind::memory:
      findings.push_back({Weight::notice, "file system", name + " is empty after a restart", ""});
      break;
    case FileSystemKind::local:
      findings.push_back({Weight::good, "file system", name, ""});
  }
}

void check_space(const std::filesystem::path& path, Findings& findings) {
  const std::int64_t space = Io::system().free_bytes(path);
  if (space < 0) {
    findings.push_back({Weight::notice, "free space", "cannot be told", ""});
    return;
  }
  const auto bytes = static_cast<std::uint64_t>(space);
  if (bytes < little_space) {
    findings.push_back({Weight::problem, "free space", human_size(bytes) + " are left",
                        "make room, or lower 'larder limit --max-bytes'"});
  } else {
    findings.push_back({Weight::good, "free space", human_size(bytes), ""});
  }
}

void check_owner(const std::filesystem::path& path, Findings& findings) {
  struct stat status = {};
  const int result = Io::system().stat(path, status);
  if (result < 0) {
    findings.push_back({Weight::problem, "permissions",
                        system_error(result, "cannot look at " + path.string()).what(),
                        result == -ENOENT ? "" : "ask the owner of the directory"});
    return;
  }
  constexpr mode_t others_write = 022;
  if ((status.st_mode & others_write) != 0 && (status.st_mode & S_ISVTX) == 0) {
    findings.push_back({Weight::problem, "permissions",
                        "other users may replace what is in the directory",
                        "chmod go-w " + path.string()});
  } else if (status.st_uid != ::geteuid() && ::geteuid() != 0) {
    findings.push_back({Weight::notice, "permissions", "the directory belongs to another user",
                        "larder works here only as far as that user lets you"});
  } else {
    findings.push_back({Weight::good, "permissions", "private enough", ""});
  }
}

/// The name of a running program, in brackets; nothing if it cannot be told.
std::string name_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
  std::string name;
  return std::getline(file, name) ? " (" + name + ")" : "";
}

void check_limit(int resource, std::uint64_t least, std::string_view subject,
                 const std::string& advice, Findings& findings) {
  rlimit limit = {};
  if (::getrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0) return;
  if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= least) return;
  findings.push_back(
      {Weight::problem, subject, "limited to " + std::to_string(limit.rlim_cur), advice});
}

}  // namespace

std::string_view weight_name(Weight weight) {
  switch (weight) {
    case Weight::good:
      return "ok";
    case Weight::notice:
      return "notice";
    case Weight::problem:
      return "problem";
    case Weight::damage:
      break;
  }
  return "damage";
}

std::string file_system_name(std::int64_t type) {
  const FileSystem found = describe_file_system(type);
  return found.name.empty() ? "type " + std::to_string(type) : std::string(found.name);
}

void check_machine(Findings& findings) {
  const auto year_2020 = std::chrono::sys_days{std::chrono::year{2020} / 1 / 1};
  if (Clock::system().now() < year_2020) {
    findings.push_back({Weight::problem, "clock", "it is before 2020",
                        "set the clock: entries "
                        "with a lifetime stay too long"});
  } else {
    findings.push_back({Weight::good, "clock", iso_time(Clock::system().now()), ""});
  }
  check_limit(RLIMIT_AS, map_bytes, "address space",
              "ulimit -v unlimited: a store reserves 16 GiB of addresses", findings);
  check_limit(RLIMIT_NOFILE, few_files, "open files", "ulimit -n 1024", findings);
  check_limit(RLIMIT_FSIZE, little_space, "size of files", "ulimit -f unlimited", findings);
}

void check_users(const std::filesystem::path& path, Findings& findings) {
  std::vector<pid_t> users = users_of_lmdb(path);
  if (users.empty()) users = users_of_lmdb(path / "000");  // in shards: who opens one opens all
  std::string who;
  for (const pid_t pid : users) {
    if (!who.empty()) who += ", ";
    who += std::to_string(pid) + name_of(pid);
  }
  if (!who.empty()) findings.push_back({Weight::good, "open", "in process " + who, ""});
}

void check_place(const std::filesystem::path& path, Findings& findings) {
  check_file_system(path, findings);
  check_space(path, findings);
  check_owner(path, findings);
}

}  // namespace larder::cli
