// SPDX-License-Identifier: Apache-2.0
#include "core/process_space.h"

#include <sys/stat.h>

#include "larder/core/io.h"

namespace larder {

std::uint64_t process_space() {
  struct stat status{};
  return Io::system().stat("/proc/self/ns/pid", status) == 0 ? status.st_ino : 0;
}

}  // namespace larder
