// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/shared_area.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "engine/lmdb/device_space.h"
#include "engine/lmdb/directory.h"
#include "larder/core/error.h"

namespace larder::lmdb {

std::string SharedArea::file_name(std::string_view name) {
  const bool good = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
  if (!good) {
    throw Error(ErrorKind::invalid_argument,
                "shared memory '" + std::string(name) +
                    "': a name is made of letters, digits, '.', '_' and '-'");
  }
  return "area-" + std::string(name);
}

SharedArea::SharedArea(Io& io, const std::filesystem::path& file, std::size_t size, mode_t mode)
    : io_(io) {
  ensure_file(io, file, mode);
  const File handle(io, file, O_RDWR | O_NOFOLLOW);
  reserve_room(io, handle, size, file);
  void* address = io.mmap(size, PROT_READ | PROT_WRITE, MAP_SHARED, handle.fd(), 0);
  if (address == MAP_FAILED) throw system_error(errno, "map " + file.string());
  bytes_ = {static_cast<std::byte*>(address), size};
}

SharedArea::~SharedArea() { io_.munmap(bytes_.data(), bytes_.size()); }

}  // namespace larder::lmdb
