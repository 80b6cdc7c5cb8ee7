// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>

#include "larder/core/bytes.h"

struct flock;  // NOLINT(readability-identifier-naming): of fcntl.h

namespace larder {

/// The one seam to the file system: every file operation of larder goes through it, so that a test
/// can fail the k-th call with any `errno`, write short, count syncs, or cut the power.
///
/// The functions behave like the system calls of the same names, with two differences: they retry
/// after `EINTR` by themselves, and a failure is reported as a negative `errno` instead of -1.
/// `close` alone is never retried: the descriptor is gone whatever it returns.
///
/// Thread-safe: any function may be called from any thread at any time.
class Io {
 public:
  Io() = default;
  Io(const Io&) = delete;
  Io& operator=(const Io&) = delete;
  virtual ~Io() = default;

  /// The real thing. Lives for the whole program.
  [[nodiscard]] static Io& system() noexcept;

  virtual int open(const std::filesystem::path& path, int flags, mode_t mode);
  virtual int close(int fd);
  virtual ssize_t read(int fd, std::byte* data, std::size_t size);
  virtual ssize_t write(int fd, BytesView data);
  virtual ssize_t pread(int fd, std::byte* data, std::size_t size, off_t offset);
  virtual ssize_t pwrite(int fd, BytesView data, off_t offset);
  virtual int fdatasync(int fd);
  virtual int fsync(int fd);
  virtual int syncfs(int fd);
  virtual int ftruncate(int fd, off_t size);
  virtual int fallocate(int fd, int mode, off_t offset, off_t size);
  virtual int fstat(int fd, struct stat& result);
  virtual int stat(const std::filesystem::path& path, struct stat& result);
  virtual int fchmod(int fd, mode_t mode);
  virtual int chmod(const std::filesystem::path& path, mode_t mode);
  virtual int rename(const std::filesystem::path& from, const std::filesystem::path& to);
  virtual int link(const std::filesystem::path& from, const std::filesystem::path& to);
  virtual int unlink(const std::filesystem::path& path);
  virtual int mkdir(const std::filesystem::path& path, mode_t mode);
  virtual int rmdir(const std::filesystem::path& path);
  /// The `...at` functions take names below an open directory, which nobody can swap meanwhile.
  virtual int openat(int directory, const std::filesystem::path& name, int flags, mode_t mode);
  virtual int mkdirat(int directory, const std::filesystem::path& name, mode_t mode);
  virtual int unlinkat(int directory, const std::filesystem::path& name);
  virtual int flock(int fd, int operation);
  /// fcntl(2) about a lock of some bytes, with `F_OFD_SETLK` or `F_OFD_GETLK`.
  virtual int range_lock(int fd, int command, struct ::flock& range);
  /// A new file without a name that lives in memory, see memfd_create(2).
  virtual int memory_file(const char* name);
  /// Returns the mapping, or `MAP_FAILED` with `errno` set.
  virtual void* mmap(std::size_t size, int protection, int flags, int fd, off_t offset);
  virtual int munmap(void* address, std::size_t size);
  /// The `f_type` of the file system that holds `path`, see statfs(2).
  virtual std::int64_t file_system_type(const std::filesystem::path& path);
  /// How many bytes ordinary users may still write to the file system of `path`; the largest number
  /// if it has no limit.
  virtual std::int64_t free_bytes(const std::filesystem::path& path);
  /// Calls `visit` with the name of each entry of directory `path` but `.` and `..`.
  virtual int list(const std::filesystem::path& path,
                   const std::function<void(std::string_view name)>& visit);

  /// Marks a moment between two operations where a test may stop or kill the process. `name` tells
  /// which one, for example `"log.publish"`. Does nothing by default.
  virtual void point(std::string_view name);
};

/// An open file that closes itself. Movable, never copied.
class File {
 public:
  File() noexcept = default;
  /// Takes over `fd`, which must stay closable through `io`.
  File(Io& io, int fd) noexcept : io_(&io), fd_(fd) {}
  /// Opens `path` or throws an `Error` that names it. `O_CLOEXEC` is always added.
  File(Io& io, const std::filesystem::path& path, int flags, mode_t mode = 0);
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  ~File();

  /// The descriptor, or -1 if nothing is open.
  [[nodiscard]] int fd() const noexcept { return fd_; }
  /// Closes now; does nothing if nothing is open. A failure is dropped: sync first if it matters.
  void close() noexcept;

 private:
  Io* io_ = nullptr;
  int fd_ = -1;
};

/// Reads the whole of `path`, also where its size is not known before, as below `/proc`. Throws an
/// `Error` that names the path.
[[nodiscard]] Bytes read_file(Io& io, const std::filesystem::path& path);

/// Writes all of `data` at the file's position, however many calls that takes. Throws an `Error`
/// that names `path`; part of the data may have been written then.
void write_all(Io& io, int fd, BytesView data, const std::filesystem::path& path);

/// Writes all of `data` at `offset`, however many calls that takes. Fails like `write_all`.
void pwrite_all(Io& io, int fd, BytesView data, off_t offset, const std::filesystem::path& path);

/// Makes the directory entry changes in `directory` survive a power cut, as far as its file system
/// can. Throws an `Error` that names the directory.
void sync_directory(Io& io, const std::filesystem::path& directory);

/// Creates `directory` and its missing parents, all with exactly `mode` whatever the umask.
/// Directories that exist are left as they are; others may create the same ones meanwhile. Throws
/// an `Error` that names the directory that could not be created.
void create_directories(Io& io, const std::filesystem::path& directory, mode_t mode = 0700);

}  // namespace larder
