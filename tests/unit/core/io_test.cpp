// SPDX-License-Identifier: Apache-2.0
// The system calls behind Io: results, negative errno, interruption by signals.
#include "larder/core/io.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <string>
#include <thread>
#include <vector>

#include "support/temp_dir.h"

namespace larder {
namespace {

using test::TempDir;

class IoTest : public ::testing::Test {
 protected:
  File create(const char* name, int flags = 0) const {
    return {io, dir / name, O_RDWR | O_CREAT | flags, 0600};
  }
  [[nodiscard]] mode_t mode_of(const std::filesystem::path& path) const {
    struct stat status = {};
    EXPECT_EQ(io.stat(path, status), 0);
    return status.st_mode & 07777U;
  }

  TempDir dir;
  Io& io = Io::system();
};

TEST_F(IoTest, writes_and_reads_at_the_position) {
  const File file = create("f");
  EXPECT_EQ(io.write(file.fd(), as_bytes("hello")), 5);
  EXPECT_EQ(io.pwrite(file.fd(), as_bytes("J"), 0), 1);
  std::array<std::byte, 8> buffer;
  EXPECT_EQ(io.pread(file.fd(), buffer.data(), buffer.size(), 1), 4);
  EXPECT_EQ(as_text(BytesView(buffer).first(4)), "ello");
  EXPECT_EQ(io.read(file.fd(), buffer.data(), buffer.size()), 0);
}

TEST_F(IoTest, names_below_an_open_directory) {
  ASSERT_EQ(io.mkdir(dir / "d", 0700), 0);
  const File directory(io, dir / "d", O_RDONLY | O_DIRECTORY);
  EXPECT_EQ(io.mkdirat(directory.fd(), "sub", 0700), 0);
  std::filesystem::rename(dir / "d", dir / "moved");
  const File file(io, io.openat(directory.fd(), "sub/f", O_RDWR | O_CREAT | O_EXCL, 0600));
  EXPECT_GE(file.fd(), 0);
  EXPECT_TRUE(std::filesystem::exists(dir / "moved/sub/f"));
  EXPECT_EQ(io.unlinkat(directory.fd(), "sub/f"), 0);
  EXPECT_EQ(io.unlinkat(directory.fd(), "sub/f"), -ENOENT);
  EXPECT_EQ(io.openat(directory.fd(), "sub/f", O_RDONLY, 0), -ENOENT);
}

TEST_F(IoTest, memory_file_keeps_what_is_written) {
  const File file(io, io.memory_file("test"));
  ASSERT_GE(file.fd(), 0);
  EXPECT_EQ(io.write(file.fd(), as_bytes("hello")), 5);
  std::array<std::byte, 5> buffer;
  EXPECT_EQ(io.pread(file.fd(), buffer.data(), buffer.size(), 0), 5);
  EXPECT_EQ(as_text(buffer), "hello");
}

TEST_F(IoTest, sizes_and_syncs) {
  const File file = create("f");
  EXPECT_EQ(io.ftruncate(file.fd(), 100), 0);
  struct stat status = {};
  EXPECT_EQ(io.fstat(file.fd(), status), 0);
  EXPECT_EQ(status.st_size, 100);
  EXPECT_EQ(io.fdatasync(file.fd()), 0);
  EXPECT_EQ(io.fsync(file.fd()), 0);
  const int allocated = io.fallocate(file.fd(), 0, 0, 8192);
  EXPECT_TRUE(allocated == 0 || allocated == -EOPNOTSUPP) << allocated;
}

TEST_F(IoTest, changes_permissions) {
  const File file = create("f");
  EXPECT_EQ(io.fchmod(file.fd(), 0640), 0);
  EXPECT_EQ(mode_of(dir / "f"), 0640U);
  EXPECT_EQ(io.chmod(dir / "f", 0604), 0);
  EXPECT_EQ(mode_of(dir / "f"), 0604U);
}

TEST_F(IoTest, names_come_and_go) {
  create("a");
  EXPECT_EQ(io.link(dir / "a", dir / "b"), 0);
  EXPECT_EQ(io.link(dir / "a", dir / "b"), -EEXIST);
  EXPECT_EQ(io.rename(dir / "a", dir / "c"), 0);
  EXPECT_EQ(io.unlink(dir / "a"), -ENOENT);
  EXPECT_EQ(io.mkdir(dir / "d", 0700), 0);
  EXPECT_EQ(io.rmdir(dir / "d"), 0);
  std::vector<std::string> names;
  EXPECT_EQ(io.list(dir.path(), [&](std::string_view name) { names.emplace_back(name); }), 0);
  EXPECT_THAT(names, ::testing::UnorderedElementsAre("b", "c"));
}

TEST_F(IoTest, maps_files) {
  const File file = create("f");
  ASSERT_EQ(io.write(file.fd(), as_bytes("mapped")), 6);
  void* const address = io.mmap(6, PROT_READ, MAP_SHARED, file.fd(), 0);
  ASSERT_NE(address, MAP_FAILED);
  EXPECT_EQ(std::string(static_cast<const char*>(address), 6), "mapped");
  EXPECT_EQ(io.munmap(address, 6), 0);
  EXPECT_EQ(io.mmap(6, PROT_READ, MAP_SHARED, -1, 0), MAP_FAILED);
  EXPECT_EQ(errno, EBADF);
}

TEST_F(IoTest, locks_between_descriptors) {
  const File first = create("f");
  const File second = create("f");
  EXPECT_EQ(io.flock(first.fd(), LOCK_EX), 0);
  EXPECT_EQ(io.flock(second.fd(), LOCK_EX | LOCK_NB), -EWOULDBLOCK);
}

TEST_F(IoTest, failure_is_a_negative_errno) {
  std::array<std::byte, 1> buffer;
  struct stat status = {};
  EXPECT_EQ(io.open(dir / "none", O_RDONLY, 0), -ENOENT);
  EXPECT_EQ(io.close(-1), -EBADF);
  EXPECT_EQ(io.read(-1, buffer.data(), 1), -EBADF);
  EXPECT_EQ(io.write(-1, as_bytes("x")), -EBADF);
  EXPECT_EQ(io.pread(-1, buffer.data(), 1, 0), -EBADF);
  EXPECT_EQ(io.pwrite(-1, as_bytes("x"), 0), -EBADF);
  EXPECT_EQ(io.fsync(-1), -EBADF);
  EXPECT_EQ(io.fdatasync(-1), -EBADF);
  EXPECT_EQ(io.ftruncate(-1, 0), -EBADF);
  EXPECT_EQ(io.fallocate(-1, 0, 0, 1), -EBADF);
  EXPECT_EQ(io.fstat(-1, status), -EBADF);
  EXPECT_EQ(io.fchmod(-1, 0), -EBADF);
  EXPECT_EQ(io.flock(-1, LOCK_EX), -EBADF);
  EXPECT_EQ(io.stat(dir / "none", status), -ENOENT);
  EXPECT_EQ(io.chmod(dir / "none", 0), -ENOENT);
  EXPECT_EQ(io.rename(dir / "none", dir / "x"), -ENOENT);
  EXPECT_EQ(io.link(dir / "none", dir / "x"), -ENOENT);
  EXPECT_EQ(io.mkdir(dir / "none/x", 0700), -ENOENT);
  EXPECT_EQ(io.rmdir(dir / "none"), -ENOENT);
  EXPECT_EQ(io.file_system_type(dir / "none"), -ENOENT);
  EXPECT_EQ(io.free_bytes(dir / "none"), -ENOENT);
  EXPECT_EQ(io.list(dir / "none", [](std::string_view) {}), -ENOENT);
  create("f");
  EXPECT_EQ(io.list(dir / "f", [](std::string_view) {}), -ENOTDIR);
}

TEST_F(IoTest, free_bytes_are_those_of_the_file_system_if_it_has_a_limit) {
  EXPECT_GT(io.free_bytes(dir.path()), 0);
  EXPECT_EQ(io.free_bytes("/proc"), INT64_MAX);
}

TEST_F(IoTest, file_system_type_is_positive_also_with_the_highest_bit_set) {
  EXPECT_GT(io.file_system_type(dir.path()), 0);
  EXPECT_EQ(io.file_system_type("/proc"), 0x9FA0);
}

TEST_F(IoTest, an_exception_of_the_visitor_leaves_no_descriptor_open) {
  create("f");
  const int before = ::dup(0);
  ::close(before);
  for (int i = 0; i < 10; ++i) {
    EXPECT_THROW(io.list(dir.path(), [](std::string_view) { throw 1; }), int);
  }
  const int after = ::dup(0);
  ::close(after);
  EXPECT_EQ(before, after);
}

TEST_F(IoTest, a_signal_does_not_end_a_read) {
  struct sigaction action = {};
  struct sigaction previous = {};
  static std::atomic<int> signals;
  signals = 0;
  action.sa_handler = [](int) { ++signals; };  // no SA_RESTART
  ASSERT_EQ(::sigaction(SIGUSR1, &action, &previous), 0);
  std::array<int, 2> ends = {};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);

  std::atomic<ssize_t> result = 0;
  std::atomic<bool> is_done = false;
  std::byte byte = {};
  std::thread reader([&] {
    result = io.read(ends[0], &byte, 1);
    is_done = true;
  });
  // Each signal comes after the one before was handled: after some, the reader surely was in read.
  for (int i = 1; i <= 200 && !is_done; ++i) {
    ASSERT_EQ(::pthread_kill(reader.native_handle(), SIGUSR1), 0);
    while (signals < i) std::this_thread::yield();
  }
  EXPECT_FALSE(is_done);
  EXPECT_EQ(io.write(ends[1], as_bytes("x")), 1);
  reader.join();

  EXPECT_EQ(result, 1);
  EXPECT_EQ(byte, std::byte{'x'});
  io.close(ends[0]);
  io.close(ends[1]);
  ASSERT_EQ(::sigaction(SIGUSR1, &previous, nullptr), 0);
}

}  // namespace
}  // namespace larder
