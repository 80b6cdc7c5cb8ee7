// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>

#include <string>
#include <string_view>

#include "larder/core/error.h"
#include "larder/core/io.h"

namespace larder::cli {

/// A file that is complete or not there at all.
class NewFile {
 public:
  /// @throws Error if it cannot be made
  explicit NewFile(const std::string& path)
      : path_(path),
        part_(path + ".part"),
        file_(Io::system(), part_, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600) {}
  ~NewFile() {
    if (!is_done_) static_cast<void>(Io::system().unlink(part_));
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  void write(std::string_view text) { write_all(Io::system(), file_.fd(), as_bytes(text), part_); }

  /// Gives it its name, in place of what had it.
  void finish() {
    int result = Io::system().fsync(file_.fd());
    if (result == 0) result = Io::system().rename(part_, path_);
    if (result < 0) throw system_error(result, "cannot write " + path_);
    is_done_ = true;
  }

 private:
  std::string path_;
  std::string part_;
  File file_;
  bool is_done_ = false;
};

}  // namespace larder::cli
