// SPDX-License-Identifier: Apache-2.0
#include "cli/output_file.h"

#include <fcntl.h>

#include <system_error>

#include "larder/core/error.h"

namespace larder::cli {
namespace {

namespace fs = std::filesystem;

/// What `path` leads to, if that is there.
fs::path resolved(const fs::path& path) {
  std::error_code failure;
  if (fs::symlink_status(path, failure).type() != fs::file_type::symlink) return path;
  const fs::path target = fs::canonical(path, failure);
  if (!failure) return target;
  throw system_error(failure.value(), "cannot write where the link " + path.string() + " leads to");
}

/// Whether it must be written in place.
bool is_special(const fs::path& path) {
  std::error_code failure;
  const fs::file_type type = fs::status(path, failure).type();
  if (type == fs::file_type::directory) {
    throw Error(ErrorKind::invalid_argument,
                "cannot write to " + path.string() + ": it is a directory");
  }
  return type != fs::file_type::not_found && type != fs::file_type::regular &&
         type != fs::file_type::none;
}

}  // namespace

OutputFile::OutputFile(const std::string& path) : path_(path) {
  // Descriptors have names that look like links, and lead to no place.
  if (is_special(path_)) {
    file_ = File(Io::system(), path_, O_WRONLY);
    return;
  }
  path_ = resolved(path_);
  part_ = path_.string() + ".part";
  file_ = File(Io::system(), part_, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
}

OutputFile::~OutputFile() {
  if (!part_.empty()) static_cast<void>(Io::system().unlink(part_));
}

void OutputFile::write(std::string_view text) {
  write_all(Io::system(), file_.fd(), as_bytes(text), path_);
}

void OutputFile::finish() {
  if (part_.empty()) return;
  int result = Io::system().fsync(file_.fd());
  if (result == 0) result = Io::system().rename(part_, path_);
  if (result < 0) throw system_error(result, "cannot write " + path_.string());
  part_.clear();
}

}  // namespace larder::cli
