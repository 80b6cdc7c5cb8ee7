// SPDX-License-Identifier: Apache-2.0
#include "cli/run/spool.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>

#include "cli/run/digest.h"
#include "larder/core/error.h"

namespace larder::cli {
namespace {

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

}  // namespace

Spool::Spool() : file_(make_nameless_file()) {}

void Spool::fill() {
  Digester digester;
  Bytes buffer(256UL * 1024);
  while (true) {
    const ssize_t size = Io::system().read(STDIN_FILENO, buffer.data(), buffer.size());
    if (size < 0) throw system_error(static_cast<int>(-size), "cannot read standard input");
    if (size == 0) break;
    const BytesView data = BytesView(buffer).first(static_cast<std::size_t>(size));
    digester.update(data);
    write_all(Io::system(), file_.fd(), data, "a temporary file for standard input");
  }
  digest_ = to_bytes(digester.finish());
  ::lseek(file_.fd(), 0, SEEK_SET);
}

}  // namespace larder::cli
