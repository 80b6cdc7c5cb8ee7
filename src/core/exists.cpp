// SPDX-License-Identifier: Apache-2.0
#include "core/exists.h"

#include <sys/stat.h>

#include <cerrno>

#include "larder/core/error.h"

namespace larder::detail {

bool exists(Io& io, const std::filesystem::path& path) {
  struct stat status{};
  const int result = io.stat(path, status);
  if (result < 0 && result != -ENOENT && result != -ENOTDIR) {
    throw system_error(-result, "look at " + path.string());
  }
  return result == 0;
}

}  // namespace larder::detail
