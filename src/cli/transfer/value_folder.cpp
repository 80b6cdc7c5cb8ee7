// SPDX-License-Identifier: Apache-2.0
#include "cli/transfer/value_folder.h"

#include <fcntl.h>

#include <cerrno>
#include <utility>

#include "cli/transfer/incoming.h"
#include "larder/core/error.h"

namespace larder::cli {
namespace {

constexpr std::size_t longest_name = 4096;

RefusedEntry damaged(const std::string& why) { return {Refusal::damaged, why}; }

void check_name(const std::string& name) {
  const std::filesystem::path path(name);
  bool is_below = !name.empty() && name.size() <= longest_name && path.is_relative() &&
                  path.has_filename() && name.find('\0') == std::string::npos;
  for (const std::filesystem::path& part : path) is_below = is_below && part != ".." && part != ".";
  if (!is_below) throw damaged("its value file has a name that leads out of the directory");
}

int open_below(int directory, const std::filesystem::path& name, int flags) {
  // A pipe with that name must not make the import wait.
  constexpr int safe = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  const int fd = Io::system().openat(directory, name, safe | flags, 0);
  if (fd == -ENOENT) throw damaged("its value file is missing");
  if (fd == -ELOOP || fd == -ENOTDIR) {
    throw damaged("its value file is reached through a symbolic link");
  }
  if (fd < 0) throw damaged(system_error(fd, "its value file cannot be opened").what());
  return fd;
}

}  // namespace

ValueFolder::ValueFolder(const std::filesystem::path& path)
    : root_(Io::system(), path, O_RDONLY | O_DIRECTORY) {}

ValueFolder::Value ValueFolder::open(const std::string& name) const {
  check_name(name);
  const std::filesystem::path path(name);
  File directory;
  int at = root_.fd();
  for (const std::filesystem::path& part : path.parent_path()) {
    directory = File(Io::system(), open_below(at, part, O_DIRECTORY));
    at = directory.fd();
  }
  Value value{.file = File(Io::system(), open_below(at, path.filename(), 0))};
  struct stat status = {};
  const int result = Io::system().fstat(value.file.fd(), status);
  if (result < 0 || !S_ISREG(status.st_mode)) throw damaged("its value file is no file");
  value.bytes = static_cast<std::uint64_t>(status.st_size);
  return value;
}

}  // namespace larder::cli
