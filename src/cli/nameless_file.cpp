// SPDX-License-Identifier: Apache-2.0
#include "cli/nameless_file.h"

#include <fcntl.h>
#include <stdlib.h>

#include <cerrno>
#include <filesystem>
#include <string>

#include "larder/core/error.h"

namespace larder::cli {

File make_nameless_file() {
  std::error_code ignored;
  std::filesystem::path folder = std::filesystem::temp_directory_path(ignored);
  if (folder.empty()) folder = "/tmp";
  const int fd = Io::system().open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0) return {Io::system(), fd};
  // Not every file system has nameless files.
  std::string name = folder / "larder-XXXXXX";
  File file(Io::system(), ::mkostemp(name.data(), O_CLOEXEC));
  if (file.fd() < 0) throw system_error(errno, "cannot make a file in " + folder.string());
  Io::system().unlink(name);
  return file;
}

}  // namespace larder::cli
