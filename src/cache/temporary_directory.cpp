// SPDX-License-Identifier: Apache-2.0
#include "cache/temporary_directory.h"

#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <vector>

#include "larder/core/error.h"
#include "larder/core/process.h"
#include "larder/core/random.h"

namespace larder::detail {

namespace {

std::string random_name() {
  constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuv";
  Random random(random_seed());
  std::string name = "larder-";
  for (int i = 0; i < 12; ++i) name += digits[random.below(digits.size())];
  return name;
}

std::filesystem::path make_directory(Io& io) {
  std::error_code failure;
  const std::filesystem::path base = std::filesystem::temp_directory_path(failure);
  if (failure) throw system_error(failure.value(), "folder for temporary files");
  constexpr int tries = 16;
  for (int i = 0; i < tries; ++i) {
    std::filesystem::path path = base / random_name();
    const int result = io.mkdir(path, 0700);
    if (result == 0) return path;
    if (result != -EEXIST) throw system_error(-result, "mkdir " + path.string());
  }
  throw Error(ErrorKind::unavailable, base.string() + ": found no free name for a directory");
}

// Goes on after a failure: what cannot be removed stays.
void remove_tree(Io& io, const std::filesystem::path& directory) {
  std::vector<std::string> names;
  io.list(directory, [&](std::string_view name) { names.emplace_back(name); });
  for (const std::string& name : names) {
    const std::filesystem::path path = directory / name;
    const int result = io.unlink(path);
    if (result == -EISDIR || result == -EPERM) remove_tree(io, path);
  }
  io.rmdir(directory);
}

}  // namespace

TemporaryDirectory::TemporaryDirectory(Io& io)
    : io_(io), generation_(fork_generation()), path_(make_directory(io)) {}

TemporaryDirectory::~TemporaryDirectory() {
  if (fork_generation() != generation_) return;
  try {
    remove_tree(io_, path_);
  } catch (...) {  // NOLINT(bugprone-empty-catch): a destructor leaves what it cannot remove.
  }
}

}  // namespace larder::detail
