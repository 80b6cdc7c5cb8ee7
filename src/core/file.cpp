// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

#include "larder/core/error.h"
#include "larder/core/io.h"

namespace larder {
namespace {

using Path = std::filesystem::path;

/// "cannot <do> "<path>"", the beginning of every message about a file.
std::string cannot(const char* action, const Path& path) {
  return std::string("cannot ") + action + " \"" + path.string() + '"';
}

/// Hands `data` to `write_some` piece by piece until all is written.
template <typename WriteSome>
void write_in_pieces(BytesView data, const Path& path, WriteSome write_some) {
  std::size_t done = 0;
  while (done < data.size()) {
    const ssize_t written = write_some(data.subspan(done), done);
    if (written < 0) throw system_error(static_cast<int>(written), cannot("write", path));
    // Nothing written and no reason given: an endless loop would be the alternative.
    if (written == 0) throw system_error(EIO, cannot("write", path));
    done += static_cast<std::size_t>(written);
  }
}

/// Whether `path` is a directory; false if there is nothing.
bool is_directory(Io& io, const Path& path) {
  struct stat status = {};
  const int result = io.stat(path, status);
  if (result == -ENOENT) return false;
  if (result < 0) throw system_error(result, cannot("create directory", path));
  if (!S_ISDIR(status.st_mode)) throw system_error(ENOTDIR, cannot("create directory", path));
  return true;
}

void create_directory(Io& io, const Path& path, mode_t mode) {
  const int made = io.mkdir(path, mode);
  if (made == -EEXIST && is_directory(io, path)) return;  // somebody else was faster
  if (made < 0) throw system_error(made, cannot("create directory", path));
  // The umask took bits away from what was asked for, and may be changed only by the program.
  const int changed = io.chmod(path, mode);
  if (changed < 0) throw system_error(changed, cannot("set permissions of directory", path));
}

}  // namespace

File::File(Io& io, const Path& path, int flags, mode_t mode) : io_(&io) {
  const int fd = io.open(path, flags | O_CLOEXEC, mode);
  if (fd < 0) throw system_error(fd, cannot("open", path));
  fd_ = fd;
}

File::File(File&& other) noexcept : io_(other.io_), fd_(std::exchange(other.fd_, -1)) {}

File& File::operator=(File&& other) noexcept {
  if (this == &other) return *this;
  close();
  io_ = other.io_;
  fd_ = std::exchange(other.fd_, -1);
  return *this;
}

File::~File() { close(); }

void File::close() noexcept {
  if (fd_ >= 0) io_->close(std::exchange(fd_, -1));
}

Bytes read_file(Io& io, const Path& path) {
  constexpr std::size_t smallest_step = 4096;
  const File file(io, path, O_RDONLY);
  struct stat status = {};
  const int known = io.fstat(file.fd(), status);
  if (known < 0) throw system_error(known, cannot("read", path));

  // One byte more than expected, so that the end is seen without growing.
  Bytes content(std::max(static_cast<std::size_t>(status.st_size) + 1, smallest_step));
  std::size_t size = 0;
  while (true) {
    if (size == content.size()) content.resize(2 * size);
    const ssize_t count = io.read(file.fd(), content.data() + size, content.size() - size);
    if (count < 0) throw system_error(static_cast<int>(count), cannot("read", path));
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  content.resize(size);
  return content;
}

void write_all(Io& io, int fd, BytesView data, const Path& path) {
  write_in_pieces(data, path, [&](BytesView rest, std::size_t) { return io.write(fd, rest); });
}

void pwrite_all(Io& io, int fd, BytesView data, off_t offset, const Path& path) {
  write_in_pieces(data, path, [&](BytesView rest, std::size_t done) {
    return io.pwrite(fd, rest, offset + static_cast<off_t>(done));
  });
}

void sync_directory(Io& io, const Path& directory) {
  const File file(io, directory, O_RDONLY | O_DIRECTORY);
  const int synced = io.fsync(file.fd());
  // EINVAL is how some file systems say that they have nothing to sync for a directory.
  if (synced < 0 && synced != -EINVAL) throw system_error(synced, cannot("sync", directory));
}

void create_directories(Io& io, const Path& directory, mode_t mode) {
  std::vector<Path> missing;
  Path path = directory;
  while (!is_directory(io, path)) {
    missing.push_back(path);
    if (!path.has_parent_path()) break;
    path = path.parent_path();
  }
  for (const auto& next : std::views::reverse(missing)) {
    create_directory(io, next, mode);
  }
}

}  // namespace larder
