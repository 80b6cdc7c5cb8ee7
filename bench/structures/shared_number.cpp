// SPDX-License-Identifier: Apache-2.0
#include "structures/shared_number.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace larder::bench {

SharedNumber::SharedNumber(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
  void* const map =
      ::mmap(nullptr, sizeof(*number_), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  const int code = errno;
  if (descriptor >= 0) ::close(descriptor);
  if (map == MAP_FAILED) {
    throw std::system_error(code, std::generic_category(), "map " + file.string());
  }
  number_ = static_cast<std::uint64_t*>(map);
}

SharedNumber::~SharedNumber() { ::munmap(const_cast<std::uint64_t*>(number_), sizeof(*number_)); }

}  // namespace larder::bench
