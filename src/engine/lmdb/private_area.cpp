// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/private_area.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <cerrno>

#include "larder/core/error.h"

namespace larder::lmdb {

PrivateArea::PrivateArea(Io& io, const std::filesystem::path& file, std::size_t size) : io_(io) {
  constexpr int protection = PROT_READ | PROT_WRITE;
  const File handle(io, io.open(file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0));
  struct stat status{};
  const bool is_there = handle.fd() >= 0 && io.fstat(handle.fd(), status) == 0 &&
                        static_cast<std::size_t>(status.st_size) >= size;
  void* address = is_there ? io.mmap(size, protection, MAP_PRIVATE, handle.fd(), 0)
                           : io.mmap(size, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (address == MAP_FAILED) throw system_error(errno, "map " + file.string());
  bytes_ = {static_cast<std::byte*>(address), size};
}

PrivateArea::~PrivateArea() { io_.munmap(bytes_.data(), bytes_.size()); }

}  // namespace larder::lmdb
