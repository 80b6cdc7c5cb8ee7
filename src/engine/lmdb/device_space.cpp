// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/device_space.h"

#include <fcntl.h>

#include <cerrno>

namespace larder::lmdb {
namespace {

bool is_full(int result) noexcept {
  return result == -ENOSPC || result == -EDQUOT || result == -EFBIG;
}

}  // namespace

bool DeviceSpace::lacks(std::uint64_t bytes) const {
  struct stat data{};
  if (io_.stat(directory_ / "data.mdb", data) < 0) return false;
  // Not in the database itself: what lies behind its end may be its own already, by the very write
  // that failed, and could not be given back without risk. A nameless file is gone when closed.
  const int fd = io_.open(directory_, O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) return is_full(fd);
  const File probe(io_, fd);
  return is_full(io_.fallocate(fd, 0, data.st_size, static_cast<off_t>(bytes)));
}

}  // namespace larder::lmdb
