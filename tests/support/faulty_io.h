// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "larder/core/io.h"
#include "larder/core/mutex.h"

namespace larder::test {

/// An `Io` that does what another one does, remembers each call, and misbehaves when told.
///
/// An *event* is one call or one point. Rules name the events they are about: an operation
/// (`"fsync"`), a point (`"log.publish"`), `"any"` for every operation, or `"point"` for every
/// point. `nth` counts the events of that name from 1, from when the rule was added.
///
///     for (std::uint64_t k = 1;; ++k) {      // every call fails once
///       FaultyIo io;
///       io.fail("any", k, EIO);
///       ... do the thing, expect a larder::Error or success, check what is on disk ...
///       if (io.faults() == 0) break;         // k is beyond the last call
///     }
///
/// Thread-safe.
class FaultyIo final : public Io {
 public:
  explicit FaultyIo(Io& inner = Io::system()) noexcept : inner_(inner) {}

  /// The `nth` event fails with `error_number`; the real thing is not done (but `close` closes).
  void fail(std::string_view name, std::uint64_t nth, int error_number);
  /// The same for the `nth` event and all later ones, as a broken or full disk does.
  void fail_from(std::string_view name, std::uint64_t nth, int error_number);
  /// The `nth` read or write moves at most `size` bytes.
  void shorten(std::string_view name, std::uint64_t nth, std::size_t size);
  /// The `nth` event first calls `hook`, outside any lock: to kill the process, or to meddle.
  void run_at(std::string_view name, std::uint64_t nth, std::function<void()> hook);
  /// Every file system is said to be of this type, see statfs(2).
  void pretend_file_system(std::int64_t type) noexcept { file_system_type_ = type; }
  /// So many bytes are said to be free on every file system, until rules are cleared.
  void pretend_free_bytes(std::int64_t bytes) noexcept { free_bytes_ = bytes; }
  /// Forgets all rules.
  void clear_rules();

  /// How many events of `name` there were.
  [[nodiscard]] std::uint64_t count(std::string_view name = "any") const;
  /// How often a rule made a call fail or fall short.
  [[nodiscard]] std::uint64_t faults() const noexcept { return faults_.load(); }
  /// The names of all events in order.
  [[nodiscard]] std::vector<std::string> events() const;

  int open(const std::filesystem::path& path, int flags, mode_t mode) override;
  int close(int fd) override;
  ssize_t read(int fd, std::byte* data, std::size_t size) override;
  ssize_t write(int fd, BytesView data) override;
  ssize_t pread(int fd, std::byte* data, std::size_t size, off_t offset) override;
  ssize_t pwrite(int fd, BytesView data, off_t offset) override;
  int fdatasync(int fd) override;
  int fsync(int fd) override;
  int syncfs(int fd) override;
  int ftruncate(int fd, off_t size) override;
  int fallocate(int fd, int mode, off_t offset, off_t size) override;
  int fstat(int fd, struct stat& result) override;
  int stat(const std::filesystem::path& path, struct stat& result) override;
  int fchmod(int fd, mode_t mode) override;
  int chmod(const std::filesystem::path& path, mode_t mode) override;
  int rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
  int link(const std::filesystem::path& from, const std::filesystem::path& to) override;
  int unlink(const std::filesystem::path& path) override;
  int mkdir(const std::filesystem::path& path, mode_t mode) override;
  int rmdir(const std::filesystem::path& path) override;
  int openat(int directory, const std::filesystem::path& name, int flags, mode_t mode) override;
  int mkdirat(int directory, const std::filesystem::path& name, mode_t mode) override;
  int unlinkat(int directory, const std::filesystem::path& name) override;
  int flock(int fd, int operation) override;
  int range_lock(int fd, int command, struct ::flock& range) override;
  int memory_file(const char* name) override;
  void* mmap(std::size_t size, int protection, int flags, int fd, off_t offset) override;
  int munmap(void* address, std::size_t size) override;
  std::int64_t file_system_type(const std::filesystem::path& path) override;
  std::int64_t free_bytes(const std::filesystem::path& path) override;
  int list(const std::filesystem::path& path,
           const std::function<void(std::string_view name)>& visit) override;
  void point(std::string_view name) override;

 private:
  enum class EventKind { call, point };

  /// What one event shall do instead of going well.
  struct Fault {
    int error_number = 0;
    std::size_t most_bytes = SIZE_MAX;
  };

  struct Rule {
    std::string name;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    Fault fault = {};
    std::function<void()> hook = {};
    std::uint64_t seen = 0;
  };

  void add(Rule rule);
  Fault happen(std::string_view name, EventKind kind = EventKind::call);
  template <typename Call>
  auto attempt(std::string_view name, Call call) -> decltype(call());

  Io& inner_;
  mutable Mutex mutex_;
  std::vector<Rule> rules_ LARDER_GUARDED_BY(mutex_);
  std::vector<std::string> events_ LARDER_GUARDED_BY(mutex_);
  std::map<std::string, std::uint64_t, std::less<>> counts_ LARDER_GUARDED_BY(mutex_);
  std::atomic<std::uint64_t> faults_{0};
  std::atomic<std::int64_t> file_system_type_{0};
  std::atomic<std::int64_t> free_bytes_{-1};  // not pretended
};

}  // namespace larder::test
