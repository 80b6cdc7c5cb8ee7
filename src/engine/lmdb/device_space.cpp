// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/device_space.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "larder/core/bytes.h"
#include "larder/core/error.h"

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

void reserve_room(Io& io, const File& file, std::uint64_t bytes,
                  const std::filesystem::path& path) {
  const auto size = static_cast<off_t>(bytes);
  int result = io.fallocate(file.fd(), 0, 0, size);
  if (result == -EOPNOTSUPP) {
    // Zeros take the space as well, only slower.
    constexpr off_t step = 1 << 16U;
    struct stat status{};
    result = io.fstat(file.fd(), status);
    for (off_t at = status.st_size; result == 0 && at < size; at += step) {
      pwrite_all(io, file.fd(), Bytes(static_cast<std::size_t>(std::min(step, size - at))), at,
                 path);
    }
  }
  if (result < 0) throw system_error(-result, "reserve space for " + path.string());
}

}  // namespace larder::lmdb
