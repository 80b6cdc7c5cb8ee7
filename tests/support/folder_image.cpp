// SPDX-License-Identifier: Apache-2.0
#include "support/folder_image.h"

#include <sys/stat.h>

#include <fstream>
#include <functional>
#include <iterator>

namespace larder::test {

namespace fs = std::filesystem;

FolderImage::FolderImage(const fs::path& folder) {
  const auto add = [&](const fs::path& path) {
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0) return;
    Item item{.mode = status.st_mode,
              .modified = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec,
              .changed = status.st_ctim.tv_sec * 1'000'000'000 + status.st_ctim.tv_nsec};
    if (S_ISREG(status.st_mode)) {
      std::ifstream in(path, std::ios::binary);
      item.content.assign(std::istreambuf_iterator<char>(in), {});
    }
    items_[fs::relative(path, folder).string()] = std::move(item);
  };
  add(folder);
  for (const auto& entry : fs::recursive_directory_iterator(folder)) add(entry.path());
}

std::ostream& operator<<(std::ostream& out, const FolderImage& image) {
  for (const auto& [name, item] : image.items_) {
    out << name << " " << std::oct << item.mode << std::dec << " modified " << item.modified
        << " changed " << item.changed << ", " << item.content.size() << " bytes, "
        << std::hash<std::string>{}(item.content) << "\n";
  }
  return out;
}

}  // namespace larder::test
