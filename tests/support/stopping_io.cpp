// SPDX-License-Identifier: Apache-2.0
#include "support/stopping_io.h"

#include <utility>

namespace larder::test {

namespace {

thread_local bool is_of_test = false;

}  // namespace

void StoppingIo::is_foreground() noexcept { is_of_test = true; }

void StoppingIo::stop_at(Who who, std::uint64_t nth, std::function<void(std::string_view)> hook) {
  who_ = who;
  thread_ = std::this_thread::get_id();
  hook_ = std::move(hook);
  *left_ = nth;
}

void StoppingIo::happen(std::string_view name) {
  std::uint64_t left = *left_;
  if (left == 0) return;
  const bool counts = who_ == Who::background ? !is_of_test : std::this_thread::get_id() == thread_;
  if (!counts) return;
  while (left != 0 && !left_->compare_exchange_weak(left, left - 1)) {
  }
  if (left == 1) hook_(name);
}

int StoppingIo::open(const std::filesystem::path& path, int flags, mode_t mode) {
  happen("open " + path.filename().string());
  return Io::open(path, flags, mode);
}

int StoppingIo::close(int fd) {
  happen("close");
  return Io::close(fd);
}

ssize_t StoppingIo::read(int fd, std::byte* data, std::size_t size) {
  happen("read");
  return Io::read(fd, data, size);
}

ssize_t StoppingIo::write(int fd, BytesView data) {
  happen("write");
  return Io::write(fd, data);
}

ssize_t StoppingIo::pread(int fd, std::byte* data, std::size_t size, off_t offset) {
  happen("pread");
  return Io::pread(fd, data, size, offset);
}

ssize_t StoppingIo::pwrite(int fd, BytesView data, off_t offset) {
  happen("pwrite");
  return Io::pwrite(fd, data, offset);
}

int StoppingIo::fdatasync(int fd) {
  happen("fdatasync");
  return Io::fdatasync(fd);
}

int StoppingIo::fsync(int fd) {
  happen("fsync");
  return Io::fsync(fd);
}

int StoppingIo::ftruncate(int fd, off_t size) {
  happen("ftruncate");
  return Io::ftruncate(fd, size);
}

int StoppingIo::fallocate(int fd, int mode, off_t offset, off_t size) {
  happen("fallocate");
  return Io::fallocate(fd, mode, offset, size);
}

int StoppingIo::fstat(int fd, struct stat& result) {
  happen("fstat");
  return Io::fstat(fd, result);
}

int StoppingIo::stat(const std::filesystem::path& path, struct stat& result) {
  happen("stat " + path.filename().string());
  return Io::stat(path, result);
}

int StoppingIo::fchmod(int fd, mode_t mode) {
  happen("fchmod");
  return Io::fchmod(fd, mode);
}

int StoppingIo::unlink(const std::filesystem::path& path) {
  happen("unlink " + path.filename().string());
  return Io::unlink(path);
}

int StoppingIo::mkdir(const std::filesystem::path& path, mode_t mode) {
  happen("mkdir " + path.filename().string());
  return Io::mkdir(path, mode);
}

int StoppingIo::range_lock(int fd, int command, struct ::flock& range) {
  happen("range_lock");
  return Io::range_lock(fd, command, range);
}

int StoppingIo::flock(int fd, int operation) {
  happen("flock");
  return Io::flock(fd, operation);
}

void* StoppingIo::mmap(std::size_t size, int protection, int flags, int fd, off_t offset) {
  happen("mmap");
  return Io::mmap(size, protection, flags, fd, offset);
}

int StoppingIo::munmap(void* address, std::size_t size) {
  happen("munmap");
  return Io::munmap(address, size);
}

void StoppingIo::point(std::string_view name) { happen(name); }

}  // namespace larder::test
