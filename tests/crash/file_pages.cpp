// SPDX-License-Identifier: Apache-2.0
#include "crash/file_pages.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>

namespace larder::test {

namespace {

constexpr auto page = static_cast<off_t>(page_bytes);

/// The first page boundary from `offset` on where the file has data; -1 if there is none.
off_t next_data(int fd, off_t offset) {
  if (fd < 0) return -1;
  const off_t found = ::lseek(fd, offset, SEEK_DATA);
  return found < 0 ? -1 : std::max(offset, found / page * page);
}

using Buffer = std::array<std::byte, 64 * page_bytes>;

void read_zero_filled(int fd, off_t offset, Buffer& buffer) {
  std::size_t done = 0;
  while (fd >= 0 && done < buffer.size()) {
    const ssize_t count =
        ::pread(fd, buffer.data() + done, buffer.size() - done, offset + static_cast<off_t>(done));
    if (count <= 0) break;
    done += static_cast<std::size_t>(count);
  }
  std::fill(buffer.begin() + static_cast<std::ptrdiff_t>(done), buffer.end(), std::byte{0});
}

}  // namespace

PlainFile::PlainFile(const std::filesystem::path& path, int flags)
    : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}

PlainFile::~PlainFile() {
  if (fd_ >= 0) ::close(fd_);
}

off_t PlainFile::size() const {
  struct stat status = {};
  if (fd_ < 0 || ::fstat(fd_, &status) != 0) return 0;
  return status.st_size;
}

void PlainFile::resize(off_t size) const { (void)::syscall(SYS_ftruncate, fd_, size); }

void PlainFile::write(off_t offset, BytesView data) const {
  while (!data.empty()) {
    const auto count = ::syscall(SYS_pwrite64, fd_, data.data(), data.size(), offset);
    if (count <= 0) return;
    data = data.subspan(static_cast<std::size_t>(count));
    offset += static_cast<off_t>(count);
  }
}

void for_each_different_page(int old_fd, int new_fd,
                             FunctionRef<void(off_t, BytesView, BytesView)> visit) {
  // On the heap: callers run on threads with small stacks.
  const auto old_buffer = std::make_unique<Buffer>();
  const auto new_buffer = std::make_unique<Buffer>();
  for (off_t offset = 0;;) {
    const off_t in_old = next_data(old_fd, offset);
    const off_t in_new = next_data(new_fd, offset);
    if (in_old < 0 && in_new < 0) return;
    offset = in_old < 0 ? in_new : in_new < 0 ? in_old : std::min(in_old, in_new);
    read_zero_filled(old_fd, offset, *old_buffer);
    read_zero_filled(new_fd, offset, *new_buffer);
    for (std::size_t at = 0; at < old_buffer->size(); at += page_bytes) {
      const BytesView a = BytesView(*old_buffer).subspan(at, page_bytes);
      const BytesView b = BytesView(*new_buffer).subspan(at, page_bytes);
      if (!equal(a, b)) visit(offset + static_cast<off_t>(at), a, b);
    }
    offset += static_cast<off_t>(old_buffer->size());
  }
}

}  // namespace larder::test
