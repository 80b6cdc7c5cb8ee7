// SPDX-License-Identifier: Apache-2.0
#include "cli/run/pattern.h"

#include <glob.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "cli/exit_code.h"

namespace larder::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view any_folders = "**";

// glob(3) must take a name that was found for what it is.
std::string literally(const std::string& name) {
  std::string pattern;
  for (const char c : name) {
    if (std::string_view("*?[]\\").find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

std::vector<std::string> match(const std::string& pattern) {
  glob_t found = {};
  const int result = ::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found);
  std::vector<std::string> paths(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  if (result != 0 && result != GLOB_NOMATCH) {
    throw UsageError("input '" + pattern + "' cannot be expanded");
  }
  return paths;
}

// Where the first part `**` of `pattern` begins, or npos.
std::size_t find_any_folders(std::string_view pattern) {
  for (std::size_t begin = 0; begin < pattern.size();) {
    const std::size_t end = std::min(pattern.find('/', begin), pattern.size());
    if (pattern.substr(begin, end - begin) == any_folders) return begin;
    begin = end + 1;
  }
  return std::string_view::npos;
}

bool is_hidden(const fs::path& path) { return path.filename().native().starts_with('.'); }

// `base`, which is empty or ends in a slash, and all folders below it, in the same form.
std::vector<std::string> folders_from(const std::string& base) {
  std::vector<std::string> folders = {base};
  try {
    for (std::size_t i = 0; i < folders.size(); ++i) {
      const std::string folder = folders[i];
      for (const fs::directory_entry& entry :
           fs::directory_iterator(folder.empty() ? "." : folder)) {
        if (!is_hidden(entry.path()) && fs::is_directory(entry.symlink_status())) {
          folders.push_back(folder + entry.path().filename().string() + "/");
        }
      }
    }
  } catch (const fs::filesystem_error& error) {
    throw UsageError("input '" + error.path1().string() +
                     "' cannot be read: " + error.code().message());
  }
  return folders;
}

// The folders that `pattern`, which ends in a slash or is empty, names below `base`.
std::vector<std::string> starts_of(const std::string& base, const std::string& pattern) {
  if (pattern.empty()) return {base};
  std::vector<std::string> starts = match(literally(base) + pattern);
  std::erase_if(starts, [](std::string& path) {
    if (!path.ends_with('/')) path += '/';
    std::error_code ignored;
    return !fs::is_directory(path, ignored);
  });
  return starts;
}

void add_files(const std::string& folder, std::vector<std::string>& paths) {
  for (std::string& path : match(literally(folder) + "*")) {
    std::error_code ignored;
    // A link to a folder would bring in all that is behind it.
    if (!fs::is_directory(path, ignored)) paths.push_back(std::move(path));
  }
}

// Adds what matches `pattern` below `base`, which is empty or ends in a slash.
void expand(const std::string& base, const std::string& pattern, std::vector<std::string>& paths) {
  const std::size_t mark = find_any_folders(pattern);
  if (mark == std::string::npos) {
    for (std::string& path : match(literally(base) + pattern)) paths.push_back(std::move(path));
    return;
  }
  const std::string head = pattern.substr(0, mark);
  const bool is_last = mark + any_folders.size() == pattern.size();
  const std::string tail = is_last ? "" : pattern.substr(mark + any_folders.size() + 1);
  for (const std::string& start : starts_of(base, head)) {
    for (const std::string& folder : folders_from(start)) {
      is_last ? add_files(folder, paths) : expand(folder, tail, paths);
    }
  }
}

}  // namespace

std::vector<std::string> expand_pattern(const std::string& pattern) {
  std::vector<std::string> paths;
  expand("", pattern, paths);
  return paths;
}

}  // namespace larder::cli
