// SPDX-License-Identifier: Apache-2.0
// What larder/core/io.h builds on Io: File and the free functions, with every call failing once.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "larder/core/error.h"
#include "larder/core/io.h"
#include "support/child.h"
#include "support/faulty_io.h"
#include "support/temp_dir.h"

namespace larder {
namespace {

using test::FaultyIo;
using test::TempDir;

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

mode_t mode_of(const std::filesystem::path& path) {
  struct stat status = {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777U;
}

/// The kind of error that `body` throws, if any.
template <typename Body>
std::optional<ErrorKind> kind_thrown_by(Body body) {
  try {
    body();
  } catch (const Error& error) {
    return error.kind();
  }
  return std::nullopt;
}

TEST(File, closes_at_the_end_of_the_scope) {
  const TempDir dir;
  int fd = -1;
  {
    const File file(Io::system(), dir / "f", O_CREAT | O_WRONLY, 0600);
    fd = file.fd();
    EXPECT_TRUE(is_open(fd));
    EXPECT_EQ(::fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  }
  EXPECT_FALSE(is_open(fd));
}

TEST(File, closes_once_however_often_it_is_moved_and_closed) {
  const TempDir dir;
  FaultyIo io;
  {
    File first(io, dir / "f", O_CREAT | O_WRONLY, 0600);
    File second(std::move(first));
    File third;
    third = std::move(second);
    File& same = third;
    third = std::move(same);
    EXPECT_TRUE(is_open(third.fd()));
    third.close();
    third.close();
    EXPECT_EQ(third.fd(), -1);
  }
  EXPECT_EQ(io.count("close"), 1U);
}

TEST(File, assignment_closes_what_was_open) {
  const TempDir dir;
  FaultyIo io;
  File file(io, dir / "a", O_CREAT | O_WRONLY, 0600);
  const int old = file.fd();
  file = File(io, dir / "b", O_CREAT | O_WRONLY, 0600);
  EXPECT_NE(file.fd(), old);
  EXPECT_EQ(io.count("close"), 1U);
}

TEST(File, error_names_the_path) {
  const TempDir dir;
  try {
    const File file(Io::system(), dir / "none", O_RDONLY);
    FAIL() << "opened";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
    EXPECT_NE(std::string(error.what()).find((dir / "none").string()), std::string::npos);
  }
}

TEST(ReadFile, gives_back_what_was_written_whatever_the_size) {
  const TempDir dir;
  Io& io = Io::system();
  for (const std::size_t size : {0U, 1U, 4095U, 4096U, 4097U, 100'000U}) {
    Bytes content(size);
    for (std::size_t i = 0; i < size; ++i) content[i] = static_cast<std::byte>(i * 7);
    const File file(io, dir / "f", O_CREAT | O_TRUNC | O_WRONLY, 0600);
    write_all(io, file.fd(), content, dir / "f");
    EXPECT_TRUE(equal(read_file(io, dir / "f"), content)) << size;
  }
}

TEST(ReadFile, reads_files_that_do_not_know_their_size) {
  EXPECT_FALSE(read_file(Io::system(), "/proc/self/status").empty());
}

TEST(ReadFile, survives_short_reads) {
  const TempDir dir;
  FaultyIo io;
  const File file(io, dir / "f", O_CREAT | O_WRONLY, 0600);
  write_all(io, file.fd(), as_bytes("content"), dir / "f");
  io.shorten("read", 1, 3);
  io.shorten("read", 2, 1);
  EXPECT_EQ(as_text(read_file(io, dir / "f")), "content");
  EXPECT_EQ(io.faults(), 2U);
}

TEST(ReadFile, a_directory_is_no_file) {
  const TempDir dir;
  EXPECT_EQ(kind_thrown_by([&] { (void)read_file(Io::system(), dir.path()); }),
            ErrorKind::invalid_argument);
}

TEST(ReadFile, every_failed_call_is_reported_and_nothing_leaks) {
  const TempDir dir;
  {
    const File file(Io::system(), dir / "f", O_CREAT | O_WRONLY, 0600);
    write_all(Io::system(), file.fd(), as_bytes("content"), dir / "f");
  }
  const int free_before = ::dup(0);
  ::close(free_before);
  for (std::uint64_t k = 1;; ++k) {
    FaultyIo io;
    io.fail("any", k, EIO);
    const auto kind = kind_thrown_by([&] { (void)read_file(io, dir / "f"); });
    if (io.faults() == 0) break;
    const bool was_close = io.events().back() == "close" && io.events().size() == k;
    EXPECT_EQ(kind, was_close ? std::nullopt : std::optional(ErrorKind::unavailable)) << k;
    ASSERT_LT(k, 100U);
  }
  const int free_after = ::dup(0);
  ::close(free_after);
  EXPECT_EQ(free_before, free_after);
}

TEST(WriteAll, survives_short_writes) {
  const TempDir dir;
  FaultyIo io;
  const File file(io, dir / "f", O_CREAT | O_WRONLY, 0600);
  io.shorten("write", 1, 2);
  io.shorten("write", 2, 1);
  write_all(io, file.fd(), as_bytes("content"), dir / "f");
  EXPECT_EQ(as_text(read_file(io, dir / "f")), "content");
  EXPECT_EQ(io.count("write"), 3U);
}

TEST(WriteAll, a_write_of_nothing_is_an_error_and_no_endless_loop) {
  const TempDir dir;
  FaultyIo io;
  const File file(io, dir / "f", O_CREAT | O_WRONLY, 0600);
  io.shorten("write", 1, 0);
  EXPECT_EQ(kind_thrown_by([&] { write_all(io, file.fd(), as_bytes("x"), dir / "f"); }),
            ErrorKind::unavailable);
}

TEST(WriteAll, full_device_is_reported_as_full_also_after_a_part) {
  const TempDir dir;
  FaultyIo io;
  const File file(io, dir / "f", O_CREAT | O_WRONLY, 0600);
  io.shorten("write", 1, 3);
  io.fail_from("write", 2, ENOSPC);
  EXPECT_EQ(kind_thrown_by([&] { write_all(io, file.fd(), as_bytes("content"), dir / "f"); }),
            ErrorKind::full);
}

TEST(WriteAll, nothing_needs_no_call) {
  const TempDir dir;
  FaultyIo io;
  write_all(io, -1, {}, dir / "f");
  EXPECT_EQ(io.count(), 0U);
}

TEST(PwriteAll, writes_at_the_offset_in_spite_of_short_writes) {
  const TempDir dir;
  FaultyIo io;
  const File file(io, dir / "f", O_CREAT | O_WRONLY, 0600);
  write_all(io, file.fd(), as_bytes("0123456789"), dir / "f");
  io.shorten("pwrite", 1, 1);
  io.shorten("pwrite", 2, 2);
  pwrite_all(io, file.fd(), as_bytes("abcd"), 3, dir / "f");
  EXPECT_EQ(as_text(read_file(io, dir / "f")), "012abcd789");
}

TEST(SyncDirectory, syncs_the_directory_itself) {
  const TempDir dir;
  FaultyIo io;
  sync_directory(io, dir.path());
  EXPECT_EQ(io.events(), (std::vector<std::string>{"open", "fsync", "close"}));
}

TEST(SyncDirectory, failure_is_reported_but_not_that_there_is_nothing_to_sync) {
  const TempDir dir;
  FaultyIo io;
  io.fail("fsync", 1, EIO);
  EXPECT_EQ(kind_thrown_by([&] { sync_directory(io, dir.path()); }), ErrorKind::unavailable);
  io.fail("fsync", 1, EINVAL);
  EXPECT_EQ(kind_thrown_by([&] { sync_directory(io, dir.path()); }), std::nullopt);
  EXPECT_EQ(kind_thrown_by([&] { sync_directory(io, dir / "none"); }), ErrorKind::invalid_argument);
}

class CreateDirectoriesUnderUmask : public ::testing::TestWithParam<mode_t> {};

TEST_P(CreateDirectoriesUnderUmask, gives_exactly_the_mode) {
  const TempDir dir;
  // In a child: the umask belongs to the whole process.
  const auto end = test::run_in_child([&] {
    ::umask(GetParam());
    create_directories(Io::system(), dir / "private/a/b");
    create_directories(Io::system(), dir / "shared/a", 02775);
    const bool left_alone = ::umask(0) == GetParam();
    return left_alone ? 0 : 1;
  });
  EXPECT_TRUE(end.is_good()) << end;
  for (const char* name : {"private", "private/a", "private/a/b"}) {
    EXPECT_EQ(mode_of(dir / name), 0700U) << name;
  }
  for (const char* name : {"shared", "shared/a"}) EXPECT_EQ(mode_of(dir / name), 02775U) << name;
}

INSTANTIATE_TEST_SUITE_P(Umask, CreateDirectoriesUnderUmask,
                         ::testing::Values(mode_t{0}, mode_t{022}, mode_t{077}, mode_t{0777}));

TEST(CreateDirectories, leaves_what_exists_as_it_is) {
  const TempDir dir;
  ASSERT_EQ(::mkdir((dir / "old").c_str(), 0755), 0);
  ASSERT_EQ(::chmod((dir / "old").c_str(), 0751), 0);
  create_directories(Io::system(), dir / "old/new");
  create_directories(Io::system(), dir / "old");
  EXPECT_EQ(mode_of(dir / "old"), 0751U);
  EXPECT_EQ(mode_of(dir / "old/new"), 0700U);
}

TEST(CreateDirectories, takes_paths_as_people_write_them) {
  const TempDir dir;
  for (const char* name : {"a/", "b/c//d", "e/./f", "g/../h", "i/."}) {
    create_directories(Io::system(), dir / name);
    EXPECT_TRUE(std::filesystem::is_directory(dir / name)) << name;
  }
  create_directories(Io::system(), "/");
  create_directories(Io::system(), ".");
}

TEST(CreateDirectories, a_file_in_the_way_is_an_error_that_names_it) {
  const TempDir dir;
  const File file(Io::system(), dir / "f", O_CREAT | O_WRONLY, 0600);
  for (const char* name : {"f", "f/a", "f/a/b"}) {
    EXPECT_EQ(kind_thrown_by([&] { create_directories(Io::system(), dir / name); }),
              ErrorKind::invalid_argument)
        << name;
  }
}

TEST(CreateDirectories, no_path_and_a_link_to_nowhere_are_errors) {
  const TempDir dir;
  std::filesystem::create_symlink(dir / "none", dir / "link");
  EXPECT_TRUE(kind_thrown_by([&] { create_directories(Io::system(), dir / "link"); }));
  EXPECT_TRUE(kind_thrown_by([] { create_directories(Io::system(), ""); }));
}

TEST(CreateDirectories, somebody_faster_does_not_matter) {
  const TempDir dir;
  FaultyIo io;
  io.run_at("mkdir", 2, [&] { ASSERT_EQ(::mkdir((dir / "a/b").c_str(), 0711), 0); });
  create_directories(io, dir / "a/b/c");
  EXPECT_EQ(mode_of(dir / "a/b/c"), 0700U);
}

TEST(CreateDirectories, many_threads_may_create_the_same) {
  const TempDir dir;
  std::vector<std::thread> threads;
  std::atomic<int> failures = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 50; ++j) {
        const auto path = dir / (std::to_string(j) + "/a/b/c");
        if (kind_thrown_by([&] { create_directories(Io::system(), path); })) ++failures;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
}

TEST(CreateDirectories, every_failed_call_is_reported_and_a_retry_completes) {
  for (std::uint64_t k = 1;; ++k) {
    const TempDir dir;
    FaultyIo io;
    io.fail("any", k, ENOSPC);
    const auto kind = kind_thrown_by([&] { create_directories(io, dir / "a/b"); });
    if (io.faults() == 0) break;
    EXPECT_EQ(kind, ErrorKind::full) << k;
    create_directories(io, dir / "a/b");
    EXPECT_TRUE(std::filesystem::is_directory(dir / "a/b")) << k;
    ASSERT_LT(k, 100U);
  }
}

}  // namespace
}  // namespace larder
