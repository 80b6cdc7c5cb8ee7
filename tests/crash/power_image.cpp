// SPDX-License-Identifier: Apache-2.0
#include "crash/power_image.h"

#include <fcntl.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "crash/durable_shadow.h"
#include "crash/file_pages.h"

namespace larder::test {

namespace {

namespace fs = std::filesystem;

/// How likely an unsynced page reached the device: usually some did, at times none or all.
std::uint64_t any_percentage(Random& random) {
  constexpr std::uint64_t choices[] = {0, 10, 50, 50, 90, 100};
  return choices[random.below(std::size(choices))];
}

void mix_file(const PlainFile& durable, const PlainFile& current, const fs::path& result,
              Random& random) {
  const PlainFile out(result, O_RDWR | O_CREAT | O_TRUNC);
  for_each_different_page(
      -1, durable.fd(), [&](off_t offset, BytesView, BytesView page) { out.write(offset, page); });
  const std::uint64_t percentage = any_percentage(random);
  // Devices write sectors of 512 bytes; most write whole pages.
  const std::size_t unit = random.below(4) == 0 ? 512 : page_bytes;
  if (current.is_open()) {
    for_each_different_page(durable.fd(), current.fd(),
                            [&](off_t offset, BytesView, BytesView page) {
                              for (std::size_t at = 0; at < page_bytes; at += unit) {
                                if (random.below(100) >= percentage) continue;
                                out.write(offset + static_cast<off_t>(at), page.subspan(at, unit));
                              }
                            });
  }
  const bool has_new_size = current.is_open() && random.below(100) < percentage;
  out.resize(has_new_size ? current.size() : durable.size());
}

std::optional<std::uint64_t> find(const std::map<std::string, std::uint64_t>& names,
                                  const std::string& name) {
  const auto found = names.find(name);
  if (found == names.end()) return std::nullopt;
  return found->second;
}

}  // namespace

void make_power_image(const fs::path& folder, const fs::path& shadow, const fs::path& image,
                      Random& random) {
  fs::create_directories(image);
  const auto current = names_in(folder);
  const auto durable = durable_names(shadow);
  std::map<std::uint64_t, std::string> name_now;
  std::set<std::string> names;
  for (const auto& [name, inode] : current) {
    name_now[inode] = name;
    names.insert(name);
  }
  for (const auto& [name, inode] : durable) names.insert(name);
  for (const std::string& name : names) {
    const auto inode = random.below(2) == 0 ? find(current, name) : find(durable, name);
    if (!inode) continue;
    const PlainFile old_content(durable_content(shadow, *inode), O_RDONLY);
    // A file without a name any more: only what was synced is left of it.
    const auto now = name_now.find(*inode);
    const PlainFile new_content(now == name_now.end() ? fs::path() : folder / now->second,
                                O_RDONLY);
    mix_file(old_content, new_content, image / name, random);
  }
}

}  // namespace larder::test
