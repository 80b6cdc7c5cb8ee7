// SPDX-License-Identifier: Apache-2.0
#include "larder/core/io.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <limits>
#include <memory>

namespace larder {
namespace {

/// Never destroyed, so that destructors of static objects may still use files.
union ImmortalIo {
  constexpr ImmortalIo() noexcept : io() {}
  // NOLINTNEXTLINE(modernize-use-equals-default): a defaulted one would be deleted.
  ~ImmortalIo() {}
  Io io;
};

constinit ImmortalIo system_io_instance;

/// Calls `operation` until no signal interrupts it; a failure becomes a negative `errno`.
template <typename Operation>
auto retried(Operation operation) -> decltype(operation()) {
  while (true) {
    const auto result = operation();
    if (result >= 0) return result;
    if (errno != EINTR) return -errno;
  }
}

struct DirectoryCloser {
  void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};

}  // namespace

Io& Io::system() noexcept { return system_io_instance.io; }

int Io::open(const std::filesystem::path& path, int flags, mode_t mode) {
  return retried([&] { return ::open(path.c_str(), flags, mode); });
}

int Io::close(int fd) {
  // Linux frees the descriptor even if a signal interrupts: another try could close a descriptor
  // that another thread has just been given.
  if (::close(fd) == 0 || errno == EINTR) return 0;
  return -errno;
}

ssize_t Io::read(int fd, std::byte* data, std::size_t size) {
  return retried([&] { return ::read(fd, data, size); });
}

ssize_t Io::write(int fd, BytesView data) {
  return retried([&] { return ::write(fd, data.data(), data.size()); });
}

ssize_t Io::pread(int fd, std::byte* data, std::size_t size, off_t offset) {
  return retried([&] { return ::pread(fd, data, size, offset); });
}

ssize_t Io::pwrite(int fd, BytesView data, off_t offset) {
  return retried([&] { return ::pwrite(fd, data.data(), data.size(), offset); });
}

int Io::fdatasync(int fd) {
  return retried([&] { return ::fdatasync(fd); });
}

int Io::fsync(int fd) {
  return retried([&] { return ::fsync(fd); });
}

int Io::syncfs(int fd) {
  return retried([&] { return ::syncfs(fd); });
}

int Io::ftruncate(int fd, off_t size) {
  return retried([&] { return ::ftruncate(fd, size); });
}

int Io::fallocate(int fd, int mode, off_t offset, off_t size) {
  return retried([&] { return ::fallocate(fd, mode, offset, size); });
}

int Io::fstat(int fd, struct stat& result) {
  return retried([&] { return ::fstat(fd, &result); });
}

int Io::stat(const std::filesystem::path& path, struct stat& result) {
  return retried([&] { return ::stat(path.c_str(), &result); });
}

int Io::fchmod(int fd, mode_t mode) {
  return retried([&] { return ::fchmod(fd, mode); });
}

int Io::chmod(const std::filesystem::path& path, mode_t mode) {
  return retried([&] { return ::chmod(path.c_str(), mode); });
}

int Io::rename(const std::filesystem::path& from, const std::filesystem::path& to) {
  return retried([&] { return ::rename(from.c_str(), to.c_str()); });
}

int Io::link(const std::filesystem::path& from, const std::filesystem::path& to) {
  return retried([&] { return ::link(from.c_str(), to.c_str()); });
}

int Io::unlink(const std::filesystem::path& path) {
  return retried([&] { return ::unlink(path.c_str()); });
}

int Io::mkdir(const std::filesystem::path& path, mode_t mode) {
  return retried([&] { return ::mkdir(path.c_str(), mode); });
}

int Io::rmdir(const std::filesystem::path& path) {
  return retried([&] { return ::rmdir(path.c_str()); });
}

int Io::openat(int directory, const std::filesystem::path& name, int flags, mode_t mode) {
  return retried([&] { return ::openat(directory, name.c_str(), flags, mode); });
}

int Io::mkdirat(int directory, const std::filesystem::path& name, mode_t mode) {
  return retried([&] { return ::mkdirat(directory, name.c_str(), mode); });
}

int Io::unlinkat(int directory, const std::filesystem::path& name) {
  return retried([&] { return ::unlinkat(directory, name.c_str(), 0); });
}

int Io::range_lock(int fd, int command, struct ::flock& range) {
  return retried([&] { return ::fcntl(fd, command, &range); });
}

int Io::memory_file(const char* name) {
  return retried([&] { return ::memfd_create(name, MFD_CLOEXEC); });
}

int Io::flock(int fd, int operation) {
  return retried([&] { return ::flock(fd, operation); });
}

void* Io::mmap(std::size_t size, int protection, int flags, int fd, off_t offset) {
  return ::mmap(nullptr, size, protection, flags, fd, offset);
}

int Io::munmap(void* address, std::size_t size) {
  return retried([&] { return ::munmap(address, size); });
}

std::int64_t Io::file_system_type(const std::filesystem::path& path) {
  struct statfs result = {};
  const int status = retried([&] { return ::statfs(path.c_str(), &result); });
  return status < 0 ? status : static_cast<std::int64_t>(result.f_type) & 0xFFFF'FFFF;
}

std::int64_t Io::free_bytes(const std::filesystem::path& path) {
  struct statfs result = {};
  const int status = retried([&] { return ::statfs(path.c_str(), &result); });
  if (status < 0) return status;
  if (result.f_blocks == 0) return std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(result.f_bavail) * result.f_bsize;
}

int Io::list(const std::filesystem::path& path,
             const std::function<void(std::string_view name)>& visit) {
  const int fd = retried(
      [&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK); });
  if (fd < 0) return fd;
  const std::unique_ptr<DIR, DirectoryCloser> directory(::fdopendir(fd));
  if (directory == nullptr) {
    const int error_number = errno;
    ::close(fd);
    return -error_number;
  }
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(directory.get());
    if (entry == nullptr) return -errno;
    const std::string_view name(&entry->d_name[0]);
    if (name != "." && name != "..") visit(name);
  }
}

void Io::point(std::string_view /*name*/) {}

}  // namespace larder
