// SPDX-License-Identifier: Apache-2.0
#include "crash/durable_shadow.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "crash/file_pages.h"

namespace larder::test {

namespace {

namespace fs = std::filesystem;

struct Watch {
  ShadowPlan plan;
  std::mutex mutex;
  std::atomic<std::uint64_t> syncs{0};
};

// Set once, before the watched code runs; never freed, because threads may still sync at exit.
std::atomic<Watch*> watch = nullptr;

/// Where in a sync the process may be killed.
enum class Stage { before, halfway, after };

void maybe_die(const Watch& w, std::uint64_t number, Stage stage) {
  if (number == w.plan.kill_at_sync && number % 3 == static_cast<std::uint64_t>(stage)) {
    ::kill(::getpid(), SIGKILL);
  }
}

/// One process at a time updates the shadow.
class ShadowLock {
 public:
  explicit ShadowLock(Watch& w) : lock_(w.mutex), file_(w.plan.shadow / "lock", O_RDWR | O_CREAT) {
    while (::flock(file_.fd(), LOCK_EX) != 0 && errno == EINTR) {
    }
  }

 private:
  std::lock_guard<std::mutex> lock_;
  PlainFile file_;
};

std::string path_of(int fd) {
  std::string path(4096, '\0');
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t size = ::readlink(link.c_str(), path.data(), path.size());
  path.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return path;
}

void write_names(const ShadowPlan& plan) {
  const fs::path fresh = plan.shadow / "names.new";
  {
    std::ofstream out(fresh, std::ios::trunc);
    for (const auto& [name, inode] : names_in(plan.folder)) out << inode << ' ' << name << '\n';
  }
  fs::rename(fresh, plan.shadow / "names");
}

using Pages = std::vector<std::pair<off_t, Bytes>>;

/// What `fd` has now and the shadow does not.
Pages capture(int fd, const PlainFile& shadow) {
  Pages pages;
  for_each_different_page(shadow.fd(), fd, [&](off_t offset, BytesView, BytesView fresh) {
    pages.emplace_back(offset, to_bytes(fresh));
  });
  return pages;
}

void sync_file(Watch& w, int fd, std::uint64_t number) {
  struct stat status = {};
  if (::fstat(fd, &status) != 0) return;
  // The shadow itself is copied through another descriptor: `fd` may be write-only.
  const PlainFile file("/proc/self/fd/" + std::to_string(fd), O_RDONLY);
  const PlainFile shadow(durable_content(w.plan.shadow, status.st_ino), O_RDWR | O_CREAT);
  const Pages pages = capture(file.fd(), shadow);
  // A device takes its time. What others write meanwhile need not be part of this sync.
  ::usleep(static_cast<useconds_t>(number * 7919 % 200));  // sleeps: see above
  shadow.resize(status.st_size);
  std::size_t done = 0;
  for (const auto& [offset, page] : pages) {
    if (offset >= status.st_size) break;
    if (++done > pages.size() / 2) maybe_die(w, number, Stage::halfway);
    shadow.write(offset, page);
  }
  shadow.resize(status.st_size);
}

/// Files in folders of the folder count too: they may be given a name in it later.
bool lies_in(const fs::path& file, const fs::path& folder) {
  const fs::path parent = file.parent_path();
  return parent == folder || parent.parent_path() == folder;
}

/// Does what `sync` of `fd` promises. False if the descriptor is none of ours.
bool sync_in_shadow(int fd) {
  Watch* w = watch.load();
  if (w == nullptr) return false;
  const std::string path = path_of(fd);
  const bool is_folder = path == w->plan.folder;
  if (!is_folder && !lies_in(path, w->plan.folder)) return false;
  const std::uint64_t number = ++w->syncs;
  if (w->plan.syncs != nullptr) std::atomic_ref<std::uint64_t>(*w->plan.syncs) = number;
  maybe_die(*w, number, Stage::before);
  if (!w->plan.is_ignoring_syncs) {
    const ShadowLock lock(*w);
    is_folder ? write_names(w->plan) : sync_file(*w, fd, number);
  }
  maybe_die(*w, number, Stage::after);
  return true;
}

/// A descriptor of the file that is mapped at `address`.
std::optional<fs::path> mapped_file(const void* address) {
  std::ifstream maps("/proc/self/maps");
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  std::string line;
  while (std::getline(maps, line)) {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx", &begin, &end) != 2) continue;
    if (wanted < begin || wanted >= end) continue;
    const auto slash = line.find('/');
    if (slash == std::string::npos) return std::nullopt;
    return line.substr(slash);
  }
  return std::nullopt;
}

int finish(long result) { return static_cast<int>(result); }

}  // namespace

std::map<std::string, std::uint64_t> names_in(const fs::path& folder) {
  std::map<std::string, std::uint64_t> names;
  DIR* stream = ::opendir(folder.c_str());
  if (stream == nullptr) return names;
  while (const dirent* entry = ::readdir(stream)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.emplace(name, entry->d_ino);
  }
  ::closedir(stream);
  return names;
}

std::map<std::string, std::uint64_t> durable_names(const fs::path& shadow) {
  std::map<std::string, std::uint64_t> names;
  std::ifstream in(shadow / "names");
  std::uint64_t inode = 0;
  std::string name;
  while (in >> inode && in.ignore() && std::getline(in, name)) names.emplace(name, inode);
  return names;
}

fs::path durable_content(const fs::path& shadow, std::uint64_t inode) {
  return shadow / ("file-" + std::to_string(inode));
}

void everything_is_durable(const ShadowPlan& plan) {
  fs::remove_all(plan.shadow);
  fs::create_directories(plan.shadow);
  for (const auto& [name, inode] : names_in(plan.folder)) {
    fs::copy_file(plan.folder / name, durable_content(plan.shadow, inode));
  }
  write_names(plan);
}

void watch_syncs(const ShadowPlan& plan) {
  auto* fresh = new Watch;
  fresh->plan = plan;
  watch = fresh;
}

}  // namespace larder::test

// The names below are those of the C library; the linker prefers these, also for LMDB's calls.

extern "C" int fdatasync(int fd) {
  if (larder::test::sync_in_shadow(fd)) return 0;
  return larder::test::finish(::syscall(SYS_fdatasync, fd));
}

extern "C" int fsync(int fd) {
  if (larder::test::sync_in_shadow(fd)) return 0;
  return larder::test::finish(::syscall(SYS_fsync, fd));
}

extern "C" int msync(void* address, std::size_t size, int flags) {
  if (larder::test::watch.load() != nullptr && (flags & MS_SYNC) != 0) {
    if (const auto path = larder::test::mapped_file(address)) {
      const larder::test::PlainFile file(*path, O_RDONLY);
      if (file.is_open() && larder::test::sync_in_shadow(file.fd())) return 0;
    }
  }
  return larder::test::finish(::syscall(SYS_msync, address, size, flags));
}

extern "C" ssize_t pwrite(int fd, const void* data, std::size_t size, off_t offset) {
  const ssize_t done = ::syscall(SYS_pwrite64, fd, data, size, offset);
  // LMDB writes its last page through a descriptor that syncs by itself.
  if (done > 0 && larder::test::watch.load() != nullptr && (::fcntl(fd, F_GETFL) & O_DSYNC) != 0) {
    const int saved = errno;
    (void)larder::test::sync_in_shadow(fd);
    errno = saved;
  }
  return done;
}
