// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/whereabouts.h"

#include <cerrno>
#include <utility>

#include "larder/core/error.h"

namespace larder::lmdb {

Whereabouts::Whereabouts(Io& io, std::filesystem::path directory)
    : io_(io), directory_(std::move(directory)) {
  const std::filesystem::path file = directory_ / "data.mdb";
  if (const int result = io_.stat(file, opened_); result < 0) {
    throw system_error(-result, "look at " + file.string());
  }
}

void Whereabouts::look() {
  check();
  struct stat now{};
  const int result = io_.stat(directory_ / "data.mdb", now);
  const bool is_gone = result == -ENOENT || result == -ENOTDIR;
  // Any other failure says nothing about where it is.
  if (result < 0 && !is_gone) return;
  if (!is_gone && now.st_dev == opened_.st_dev && now.st_ino == opened_.st_ino) return;
  lost_.store(true, std::memory_order_relaxed);
  fail();
}

void Whereabouts::fail() const {
  throw Error(ErrorKind::unavailable,
              "the database in " + directory_.string() +
                  " was removed or replaced while it was open, and what was written since may be "
                  "lost; close it and open it again");
}

}  // namespace larder::lmdb
