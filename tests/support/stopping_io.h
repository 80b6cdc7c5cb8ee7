// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "larder/core/io.h"
#include "support/shared_block.h"

namespace larder::test {

/// The real `Io`, which can stop a thread right before the n-th thing it does here: a file
/// operation or a point. Children made by `fork` count on together with their parent. Holds no
/// lock, so that a fork at any moment is harmless.
class StoppingIo final : public Io {
 public:
  /// Whose events count.
  enum class Who {
    this_thread,  ///< Of the thread that calls `stop_at()`.
    background,   ///< Of all threads that have not called `is_foreground()`.
  };
  /// The calling thread is one of the test.
  static void is_foreground() noexcept;
  /// Calls `hook` with the name of the `nth` event from now on, counted from 1.
  void stop_at(Who who, std::uint64_t nth,
               std::function<void(std::string_view)>
                   hook);  /// From now on nothing is stopped that is not stopped already.
  void go_on() noexcept { *left_ = 0; }

  int open(const std::filesystem::path& path, int flags, mode_t mode) override;
  int close(int fd) override;
  ssize_t read(int fd, std::byte* data, std::size_t size) override;
  ssize_t write(int fd, BytesView data) override;
  ssize_t pread(int fd, std::byte* data, std::size_t size, off_t offset) override;
  ssize_t pwrite(int fd, BytesView data, off_t offset) override;
  int fdatasync(int fd) override;
  int fsync(int fd) override;
  int ftruncate(int fd, off_t size) override;
  int fallocate(int fd, int mode, off_t offset, off_t size) override;
  int fstat(int fd, struct stat& result) override;
  int stat(const std::filesystem::path& path, struct stat& result) override;
  int fchmod(int fd, mode_t mode) override;
  int unlink(const std::filesystem::path& path) override;
  int mkdir(const std::filesystem::path& path, mode_t mode) override;
  int flock(int fd, int operation) override;
  int range_lock(int fd, int command, struct ::flock& range) override;
  void* mmap(std::size_t size, int protection, int flags, int fd, off_t offset) override;
  int munmap(void* address, std::size_t size) override;
  void point(std::string_view name) override;

 private:
  void happen(std::string_view name);

  Who who_ = Who::this_thread;
  std::thread::id thread_ = {};
  std::function<void(std::string_view)> hook_ = {};
  SharedBlock<std::atomic<std::uint64_t>> left_;
};

}  // namespace larder::test
