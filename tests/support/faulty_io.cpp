// SPDX-License-Identifier: Apache-2.0
#include "support/faulty_io.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace larder::test {

void FaultyIo::fail(std::string_view name, std::uint64_t nth, int error_number) {
  add({.name = std::string(name), .first = nth, .last = nth, .fault = {error_number}});
}

void FaultyIo::fail_from(std::string_view name, std::uint64_t nth, int error_number) {
  add({.name = std::string(name), .first = nth, .last = UINT64_MAX, .fault = {error_number}});
}

void FaultyIo::shorten(std::string_view name, std::uint64_t nth, std::size_t size) {
  add({.name = std::string(name), .first = nth, .last = nth, .fault = {.most_bytes = size}});
}

void FaultyIo::run_at(std::string_view name, std::uint64_t nth, std::function<void()> hook) {
  add({.name = std::string(name), .first = nth, .last = nth, .hook = std::move(hook)});
}

void FaultyIo::clear_rules() {
  const MutexLock lock(mutex_);
  rules_.clear();
  free_bytes_ = -1;
}

void FaultyIo::add(Rule rule) {
  const MutexLock lock(mutex_);
  rules_.push_back(std::move(rule));
}

std::uint64_t FaultyIo::count(std::string_view name) const {
  const MutexLock lock(mutex_);
  const auto found = counts_.find(name);
  return found == counts_.end() ? 0 : found->second;
}

std::vector<std::string> FaultyIo::events() const {
  const MutexLock lock(mutex_);
  return events_;
}

FaultyIo::Fault FaultyIo::happen(std::string_view name, EventKind kind) {
  const std::string_view group = kind == EventKind::point ? "point" : "any";
  std::vector<std::function<void()>> hooks;
  Fault result;
  {
    const MutexLock lock(mutex_);
    events_.emplace_back(name);
    ++counts_[std::string(name)];
    ++counts_[std::string(group)];
    for (Rule& rule : rules_) {
      if (rule.name != name && rule.name != group) continue;
      ++rule.seen;
      if (rule.seen < rule.first || rule.seen > rule.last) continue;
      if (rule.hook) hooks.push_back(rule.hook);
      if (rule.fault.error_number != 0) result.error_number = rule.fault.error_number;
      result.most_bytes = std::min(result.most_bytes, rule.fault.most_bytes);
    }
  }
  for (const auto& hook : hooks) hook();
  return result;
}

template <typename Call>
auto FaultyIo::attempt(std::string_view name, Call call) -> decltype(call()) {
  const Fault fault = happen(name);
  if (fault.error_number == 0) return call();
  ++faults_;
  return -fault.error_number;
}

int FaultyIo::open(const std::filesystem::path& path, int flags, mode_t mode) {
  return attempt("open", [&] { return inner_.open(path, flags, mode); });
}

int FaultyIo::close(int fd) {
  const int closed = inner_.close(fd);
  return attempt("close", [&] { return closed; });
}

ssize_t FaultyIo::read(int fd, std::byte* data, std::size_t size) {
  const Fault fault = happen("read");
  if (fault.error_number != 0 || fault.most_bytes < size) ++faults_;
  if (fault.error_number != 0) return -fault.error_number;
  return inner_.read(fd, data, std::min(size, fault.most_bytes));
}

ssize_t FaultyIo::write(int fd, BytesView data) {
  const Fault fault = happen("write");
  if (fault.error_number != 0 || fault.most_bytes < data.size()) ++faults_;
  if (fault.error_number != 0) return -fault.error_number;
  return inner_.write(fd, data.first(std::min(data.size(), fault.most_bytes)));
}

ssize_t FaultyIo::pread(int fd, std::byte* data, std::size_t size, off_t offset) {
  const Fault fault = happen("pread");
  if (fault.error_number != 0 || fault.most_bytes < size) ++faults_;
  if (fault.error_number != 0) return -fault.error_number;
  return inner_.pread(fd, data, std::min(size, fault.most_bytes), offset);
}

ssize_t FaultyIo::pwrite(int fd, BytesView data, off_t offset) {
  const Fault fault = happen("pwrite");
  if (fault.error_number != 0 || fault.most_bytes < data.size()) ++faults_;
  if (fault.error_number != 0) return -fault.error_number;
  return inner_.pwrite(fd, data.first(std::min(data.size(), fault.most_bytes)), offset);
}

int FaultyIo::fdatasync(int fd) {
  return attempt("fdatasync", [&] { return inner_.fdatasync(fd); });
}

int FaultyIo::fsync(int fd) {
  return attempt("fsync", [&] { return inner_.fsync(fd); });
}

int FaultyIo::syncfs(int fd) {
  return attempt("syncfs", [&] { return inner_.syncfs(fd); });
}

int FaultyIo::ftruncate(int fd, off_t size) {
  return attempt("ftruncate", [&] { return inner_.ftruncate(fd, size); });
}

int FaultyIo::fallocate(int fd, int mode, off_t offset, off_t size) {
  return attempt("fallocate", [&] { return inner_.fallocate(fd, mode, offset, size); });
}

int FaultyIo::fstat(int fd, struct stat& result) {
  return attempt("fstat", [&] { return inner_.fstat(fd, result); });
}

int FaultyIo::stat(const std::filesystem::path& path, struct stat& result) {
  return attempt("stat", [&] { return inner_.stat(path, result); });
}

int FaultyIo::fchmod(int fd, mode_t mode) {
  return attempt("fchmod", [&] { return inner_.fchmod(fd, mode); });
}

int FaultyIo::chmod(const std::filesystem::path& path, mode_t mode) {
  return attempt("chmod", [&] { return inner_.chmod(path, mode); });
}

int FaultyIo::rename(const std::filesystem::path& from, const std::filesystem::path& to) {
  return attempt("rename", [&] { return inner_.rename(from, to); });
}

int FaultyIo::link(const std::filesystem::path& from, const std::filesystem::path& to) {
  return attempt("link", [&] { return inner_.link(from, to); });
}

int FaultyIo::unlink(const std::filesystem::path& path) {
  return attempt("unlink", [&] { return inner_.unlink(path); });
}

int FaultyIo::mkdir(const std::filesystem::path& path, mode_t mode) {
  return attempt("mkdir", [&] { return inner_.mkdir(path, mode); });
}

int FaultyIo::rmdir(const std::filesystem::path& path) {
  return attempt("rmdir", [&] { return inner_.rmdir(path); });
}

int FaultyIo::openat(int directory, const std::filesystem::path& name, int flags, mode_t mode) {
  return attempt("openat", [&] { return inner_.openat(directory, name, flags, mode); });
}

int FaultyIo::mkdirat(int directory, const std::filesystem::path& name, mode_t mode) {
  return attempt("mkdirat", [&] { return inner_.mkdirat(directory, name, mode); });
}

int FaultyIo::unlinkat(int directory, const std::filesystem::path& name) {
  return attempt("unlinkat", [&] { return inner_.unlinkat(directory, name); });
}

int FaultyIo::range_lock(int fd, int command, struct ::flock& range) {
  return attempt("range_lock", [&] { return inner_.range_lock(fd, command, range); });
}

int FaultyIo::memory_file(const char* name) {
  return attempt("memory_file", [&] { return inner_.memory_file(name); });
}

int FaultyIo::flock(int fd, int operation) {
  return attempt("flock", [&] { return inner_.flock(fd, operation); });
}

void* FaultyIo::mmap(std::size_t size, int protection, int flags, int fd, off_t offset) {
  const int failed = attempt("mmap", [] { return 0; });
  if (failed == 0) return inner_.mmap(size, protection, flags, fd, offset);
  errno = -failed;
  return MAP_FAILED;
}

int FaultyIo::munmap(void* address, std::size_t size) {
  return attempt("munmap", [&] { return inner_.munmap(address, size); });
}

std::int64_t FaultyIo::file_system_type(const std::filesystem::path& path) {
  return attempt("file_system_type", [&] {
    const std::int64_t pretended = file_system_type_.load();
    return pretended != 0 ? pretended : inner_.file_system_type(path);
  });
}

std::int64_t FaultyIo::free_bytes(const std::filesystem::path& path) {
  return attempt("free_bytes", [&] {
    const std::int64_t pretended = free_bytes_.load();
    return pretended >= 0 ? pretended : inner_.free_bytes(path);
  });
}

int FaultyIo::list(const std::filesystem::path& path,
                   const std::function<void(std::string_view name)>& visit) {
  return attempt("list", [&] { return inner_.list(path, visit); });
}

void FaultyIo::point(std::string_view name) {
  happen(name, EventKind::point);
  inner_.point(name);
}

}  // namespace larder::test
