// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/file_image.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>

#include "larder/core/error.h"

namespace larder::lmdb {

FileImage::FileImage(Io& io, const std::filesystem::path& path) : io_(io) {
  const File file(io, path, O_RDONLY | O_NOFOLLOW);
  struct stat status{};
  if (const int result = io.fstat(file.fd(), status); result < 0) {
    throw system_error(-result, "look at " + path.string());
  }
  size_ = static_cast<std::size_t>(status.st_size);
  if (size_ == 0) return;
  map_ = io.mmap(size_, PROT_READ, MAP_SHARED, file.fd(), 0);
  if (map_ == MAP_FAILED) throw system_error(errno, "map " + path.string());
}

FileImage::~FileImage() {
  if (size_ > 0) io_.munmap(map_, size_);
}

}  // namespace larder::lmdb
