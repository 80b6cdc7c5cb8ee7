// SPDX-License-Identifier: Apache-2.0

// Writers of long values are killed at random moments: what was acknowledged is whole, and no file
// is left over.

#include <gtest/gtest.h>

#include <csignal>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "larder/cache/cache.h"
#include "larder/core/random.h"
#include "support/channel.h"
#include "support/child.h"
#include "support/settings.h"
#include "support/temp_dir.h"

namespace larder::test {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t keys_per_writer = 12;
constexpr std::uint64_t erased = 0;

/// The value of one version, which tells its version and has a length of its own.
std::string value_of(std::uint64_t version) {
  Random random(version);
  std::string text = std::to_string(version) + ":";
  text.resize(2'000 + random.below(150'000), static_cast<char>('a' + version % 26));
  return text;
}

Cache open(const TempDir& folder) {
  return Cache::open({.path = folder / "c", .settings = {.file_above_bytes = 1000}});
}

std::string key_of(std::uint64_t writer, std::uint64_t number) {
  return std::to_string(writer) + "/" + std::to_string(number);
}

/// Says what it is going to do, does it, and says that it has.
int write_for_ever(const TempDir& folder, std::uint64_t writer, std::uint64_t seed, Channel& line) {
  Cache cache = open(folder);
  Random random(seed);
  for (std::uint64_t step = 1;; ++step) {
    const std::string key = key_of(writer, random.below(keys_per_writer));
    const std::uint64_t choice = random.below(10);
    const std::uint64_t version = choice < 7 ? seed * 1'000'000 + step : erased;
    if (!line.send(key + " " + std::to_string(version))) return 0;
    if (choice < 6) {
      cache.put(key, value_of(version));
    } else if (choice == 6) {
      cache.transact([&] {
        (void)cache.pop<std::string>(key);
        cache.put(key, value_of(version));
      });
    } else {
      cache.erase(key);
    }
    if (!line.send("done")) return 0;
  }
}

/// What one writer has said.
struct Said {
  std::map<std::string, std::uint64_t> certain;
  std::string open_key;
  std::uint64_t open_version = erased;

  void hear(const std::string& text) {
    if (text == "done") {
      certain[open_key] = open_version;
      open_key.clear();
      return;
    }
    const std::size_t space = text.find(' ');
    open_key = text.substr(0, space);
    open_version = std::stoull(text.substr(space + 1));
  }
};

std::optional<std::string> expected(std::uint64_t version) {
  return version == erased ? std::nullopt : std::optional(value_of(version));
}

std::uint64_t count_files(const TempDir& folder) {
  std::uint64_t files = 0;
  const fs::path place = folder / "c/values-cache";
  if (!fs::exists(place)) return 0;  // killed before its first file
  for (const auto& entry : fs::recursive_directory_iterator(place)) {
    files += entry.is_regular_file() ? 1U : 0U;
  }
  return files;
}

TEST(ValueFilesKill, acknowledged_values_are_whole_and_nothing_is_left_over) {
  const TempDir folder(memory_folder());
  (void)open(folder);
  std::vector<Said> said(2);
  Random random(random_seed());
  const std::uint64_t kills = rounds(60, 3000);
  for (std::uint64_t round = 1; round <= kills; ++round) {
    std::optional<Cache> bystander;
    if (round % 2 == 0) bystander = open(folder);
    for (std::uint64_t writer = 0; writer < said.size(); ++writer) {
      ChannelPair line;
      Child child([&] {
        line.parent.close();
        return write_for_ever(folder, writer, round, line.child);
      });
      line.child.close();
      for (std::uint64_t left = 1 + random.below(40); left > 0; --left) {
        said[writer].hear(line.parent.receive().value());
      }
      child.kill(SIGKILL);
      while (const auto text = line.parent.receive()) said[writer].hear(*text);
      EXPECT_EQ(child.wait().signal, SIGKILL);
    }
    bystander.reset();

    const Cache cache = open(folder);
    for (Said& writer : said) {
      for (auto& [key, version] : writer.certain) {
        const auto found = cache.get<std::string>(key);
        if (key == writer.open_key && found == expected(writer.open_version)) {
          version = writer.open_version;
        }
        ASSERT_EQ(found, expected(version)) << key << " after " << round << " kills";
      }
      if (!writer.open_key.empty() && !writer.certain.contains(writer.open_key)) {
        const auto found = cache.get<std::string>(writer.open_key);
        if (found) writer.certain[writer.open_key] = writer.open_version;
        ASSERT_TRUE(!found || found == expected(writer.open_version));
      }
      writer.open_key.clear();
    }
    ASSERT_EQ(cache.verify().problems, std::vector<std::string>{}) << "after " << round;
    ASSERT_EQ(count_files(folder), cache.size()) << "after " << round << " kills";
  }
}

}  // namespace
}  // namespace larder::test
