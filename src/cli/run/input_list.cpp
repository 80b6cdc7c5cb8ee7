// SPDX-License-Identifier: Apache-2.0
#include "cli/run/input_list.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "cli/exit_code.h"
#include "cli/run/pattern.h"

namespace larder::cli {
namespace {

namespace fs = std::filesystem;

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

[[noreturn]] void refuse(const std::string& name, int error_number) {
  throw UsageError("input '" + name + "' cannot be read: " + std::strerror(error_number));
}

void add_folder(const std::string& folder, std::vector<InputFile>& files) {
  try {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
      InputFile file{.name = entry.path().string()};
      struct stat status = {};
      if (::lstat(file.name.c_str(), &status) != 0) refuse(file.name, errno);
      file.is_link = S_ISLNK(status.st_mode);
      if (!file.is_link && !S_ISREG(status.st_mode)) continue;
      if (file.is_link) file.link_target = fs::read_symlink(entry.path()).string();
      file.state = FileState(status);
      files.push_back(std::move(file));
    }
  } catch (const fs::filesystem_error& error) {
    refuse(error.path1().string(), error.code().value());
  }
}

void add_path(const std::string& path, const struct stat& status, std::vector<InputFile>& files) {
  if (S_ISDIR(status.st_mode)) {
    add_folder(path, files);
  } else if (S_ISREG(status.st_mode)) {
    files.push_back({.name = path, .state = FileState(status)});
  } else {
    throw UsageError("input '" + path + "' is neither a file nor a folder");
  }
}

void add_matches(const std::string& pattern, std::vector<InputFile>& files) {
  const std::vector<std::string> paths = expand_pattern(pattern);
  if (paths.empty()) throw UsageError("input '" + pattern + "' matches no file");
  for (const std::string& path : paths) {
    struct stat status = {};
    if (::stat(path.c_str(), &status) != 0) refuse(path, errno);
    add_path(path, status, files);
  }
}

void add_pattern(const std::string& pattern, std::vector<InputFile>& files) {
  struct stat status = {};
  if (::stat(pattern.c_str(), &status) == 0) {
    add_path(pattern, status, files);
  } else if (pattern.find_first_of("*?[") != std::string::npos) {
    add_matches(pattern, files);
  } else {
    refuse(pattern, errno);
  }
}

}  // namespace

FileState::FileState(const struct stat& status)
    : size(static_cast<std::uint64_t>(status.st_size)),
      mtime_ns(nanoseconds(status.st_mtim)),
      ctime_ns(nanoseconds(status.st_ctim)),
      inode(status.st_ino) {}

std::vector<InputFile> list_inputs(const std::vector<std::string>& patterns) {
  std::vector<InputFile> files;
  for (const std::string& pattern : patterns) add_pattern(pattern, files);
  std::ranges::sort(files, {}, &InputFile::name);
  const auto repeated = std::ranges::unique(files, {}, &InputFile::name);
  files.erase(repeated.begin(), repeated.end());
  return files;
}

std::vector<InputFile> list_files(const std::vector<std::string>& names) {
  std::vector<InputFile> files;
  files.reserve(names.size());
  for (const std::string& name : names) {
    struct stat status = {};
    if (::stat(name.c_str(), &status) != 0) refuse(name, errno);
    if (!S_ISREG(status.st_mode)) throw UsageError("'" + name + "' is not a regular file");
    files.push_back({.name = name, .state = FileState(status)});
  }
  return files;
}

}  // namespace larder::cli
