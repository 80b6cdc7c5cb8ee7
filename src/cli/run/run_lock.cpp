// SPDX-License-Identifier: Apache-2.0
#include "cli/run/run_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "larder/core/bytes.h"
#include "larder/core/clock.h"
#include "larder/core/error.h"

namespace larder::cli {
namespace {

constexpr std::string_view not_kept_mark = "not kept";

File open_lock_file(const std::filesystem::path& folder, const std::filesystem::path& path) {
  Io& io = Io::system();
  create_directories(io, folder);
  return {io, path, O_RDWR | O_CREAT, 0600};
}

// The holder removes the file before it lets go, so a lock on a file that is gone is void.
bool is_current(const File& file, const std::filesystem::path& path) {
  struct stat held = {};
  struct stat current = {};
  return Io::system().fstat(file.fd(), held) == 0 && Io::system().stat(path, current) == 0 &&
         held.st_ino == current.st_ino && held.st_dev == current.st_dev;
}

bool is_marked(const File& file) {
  struct stat status = {};
  return Io::system().fstat(file.fd(), status) == 0 && status.st_size > 0;
}

std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  // No folder: no locks.
  Io::system().list(folder, [&names](std::string_view name) { names.emplace_back(name); });
  return names;
}

// Most files are of runs that are at work or about to be: those need not be tried.
bool is_old(const std::filesystem::path& path) {
  constexpr auto old = std::chrono::minutes{10};
  struct stat status = {};
  if (Io::system().stat(path, status) < 0) return false;
  const auto made = WallTime(std::chrono::seconds{status.st_mtim.tv_sec});
  return made + old < Clock::system().now();
}

}  // namespace

RunLock::RunLock(const std::filesystem::path& folder, const std::string& name)
    : path_(folder / name), file_(open_lock_file(folder, path_)) {
  const int locked = Io::system().flock(file_.fd(), LOCK_EX);
  if (locked < 0) throw system_error(-locked, "cannot lock " + path_.string());
  if (is_current(file_, path_)) return;
  before_ = is_marked(file_) ? Before::not_kept : Before::kept;
  file_.close();
}

std::optional<RunLock> RunLock::try_lock(const std::filesystem::path& folder,
                                         const std::string& name) {
  std::filesystem::path path = folder / name;
  File file = open_lock_file(folder, path);
  if (Io::system().flock(file.fd(), LOCK_EX | LOCK_NB) < 0) return std::nullopt;
  if (!is_current(file, path)) return std::nullopt;
  return RunLock(std::move(path), std::move(file));
}

RunLock::RunLock(RunLock&& other) noexcept
    : path_(std::move(other.path_)), file_(std::move(other.file_)), before_(other.before_) {}

RunLock::~RunLock() {
  if (file_.fd() >= 0) Io::system().unlink(path_);
}

void RunLock::mark_not_kept() noexcept {
  if (file_.fd() >= 0) Io::system().write(file_.fd(), as_bytes(not_kept_mark));
}

void sweep_locks(const std::filesystem::path& folder) {
  // Who lets go of a lock removes its file.
  for (const std::string& name : names_in(folder)) {
    static_cast<void>(RunLock::try_lock(folder, name));
  }
}

void sweep_some_locks(const std::filesystem::path& folder) {
  constexpr std::size_t most_at_once = 16;
  std::size_t removed = 0;
  try {
    for (const std::string& name : names_in(folder)) {
      if (removed == most_at_once) return;
      if (is_old(folder / name) && RunLock::try_lock(folder, name)) ++removed;
    }
  } catch (const Error&) {
    // The next run tries again.
  }
}

}  // namespace larder::cli
