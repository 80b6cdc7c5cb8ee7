// SPDX-License-Identifier: Apache-2.0

// Somebody who may write where the cache lies swaps links in for its directories and files, as fast
// as possible. What lies elsewhere must never be read, written or removed.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "cache/files/file_ref.h"
#include "larder/cache/cache.h"
#include "larder/core/random.h"
#include "support/child.h"
#include "support/settings.h"
#include "support/shared_block.h"
#include "support/temp_dir.h"

namespace larder::test {
namespace {

namespace fs = std::filesystem;

std::string text_of(char letter) { return std::string(20'000, letter); }

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class AttackTest : public testing::Test {
 protected:
  AttackTest() {
    fs::create_directories(folder_ / "outside/3f");
    std::ofstream(folder_ / "outside/precious") << "precious";
    std::ofstream(folder_ / "outside/3f/precious") << "precious";
  }
  [[nodiscard]] Cache open() const {
    return Cache::open({.path = folder_ / "c", .settings = {.file_above_bytes = 1000}});
  }
  /// Everything outside of the cache, with what is in it.
  [[nodiscard]] std::vector<std::string> outside() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "outside")) {
      found.push_back(entry.path().string() + " " +
                      (entry.is_directory() ? "" : content_of(entry.path())));
    }
    std::ranges::sort(found);
    return found;
  }
  [[nodiscard]] fs::path values() const { return folder_ / "c/values-cache"; }
  [[nodiscard]] fs::path first_file() const {
    for (const auto& entry : fs::recursive_directory_iterator(values())) {
      if (entry.is_regular_file()) return entry.path();
    }
    return {};
  }

  TempDir folder_{memory_folder()};
};

/// Puts a link to `target` where `place` is, and what was there back again, for ever.
int swap_for_ever(const fs::path& place, const fs::path& target,
                  std::atomic<std::uint64_t>& swaps) {
  const std::string link = place.string() + ".link";
  for (;;) {
    ::unlink(link.c_str());
    // What the cache has made anew meanwhile is in the way of what was there before.
    const std::string aside = place.string() + ".aside" + std::to_string(swaps.load());
    if (::symlink(target.c_str(), link.c_str()) != 0) continue;
    if (::rename(place.c_str(), aside.c_str()) != 0) continue;
    ::rename(link.c_str(), place.c_str());
    ++swaps;
    ::unlink(place.c_str());
    ::rename(aside.c_str(), place.c_str());
  }
}

void use(Cache& cache, Random& random) {
  const std::uint64_t key = random.below(20);
  try {
    switch (random.below(4)) {
      case 0:
        cache.erase(key);
        break;
      case 1: {
        const auto found = cache.get<std::string>(key);
        if (found) {
          EXPECT_TRUE(*found == text_of(static_cast<char>('a' + key)));
        }
        break;
      }
      default:
        cache.put(key, text_of(static_cast<char>('a' + key)));
    }
  } catch (const Error&) {  // a refusal is what is wanted
  }
}

class SwapTest : public AttackTest, public testing::WithParamInterface<const char*> {};

TEST_P(SwapTest, links_swapped_in_lead_nobody_out) {
  {
    Cache cache = open();
    cache.put("first", text_of('f'));
  }
  const auto before = outside();
  const SharedBlock<std::atomic<std::uint64_t>> swaps;
  const std::string what = GetParam();
  const fs::path place = what == "bucket" ? first_file().parent_path() : folder_ / what;
  Child attacker([&] { return swap_for_ever(place, folder_ / "outside", *swaps); });
  Random random(seed());
  std::uint64_t opened = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(rounds(1, 60));
  const auto give_up = end + std::chrono::seconds(60);
  for (auto now = std::chrono::steady_clock::now(); now < end || (*swaps <= 100 && now < give_up);
       now = std::chrono::steady_clock::now()) {
    try {
      Cache cache = open();
      ++opened;
      for (int i = 0; i < 50; ++i) use(cache, random);
    } catch (const Error&) {
    }
  }
  attacker.kill(SIGKILL);
  attacker.wait();
  EXPECT_GT(*swaps, 100U);
  EXPECT_EQ(outside(), before) << "after " << *swaps << " swaps, opened " << opened << " times";
}

INSTANTIATE_TEST_SUITE_P(Places, SwapTest, testing::Values("c/values-cache", "bucket"),
                         [](const auto& place) {
                           return std::string(place.param) == "bucket" ? "bucket" : "directory";
                         });

TEST_F(AttackTest, link_in_place_of_a_value_file_is_a_miss_and_stays_unread) {
  Cache cache = open();
  cache.put("k", text_of('x'));
  const fs::path file = first_file();
  fs::copy_file(file, folder_ / "outside/copy");
  fs::remove(file);
  fs::create_symlink(folder_ / "outside/copy", file);
  EXPECT_EQ(cache.get<std::string>("k"), std::nullopt) << "not even the right content";
  EXPECT_EQ(cache.reader("k").has_value(), false);
  cache.erase("k");
  cache.engine().sync();
  EXPECT_TRUE(fs::exists(folder_ / "outside/copy"));
  EXPECT_FALSE(fs::exists(fs::symlink_status(file)));
}

TEST_F(AttackTest, pipe_in_place_of_a_value_file_stops_nobody) {
  Cache cache = open();
  cache.put("k", text_of('x'));
  const fs::path file = first_file();
  fs::remove(file);
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  EXPECT_EQ(cache.get<std::string>("k"), std::nullopt);
  cache.engine().sync();
  EXPECT_TRUE(cache.erase("k"));
}

/// Whether a cache with a link in place of its file `name` is refused.
bool is_refused(const fs::path& directory, const std::function<Cache()>& open) {
  try {
    Cache cache = open();
    cache.put("k", 2);
    EXPECT_EQ(cache.get<int>("k"), 2);
    return false;
  } catch (const Error&) {
    EXPECT_TRUE(fs::exists(directory));
    return true;
  }
}

TEST_F(AttackTest, links_in_place_of_the_files_of_the_database_are_refused_or_removed) {
  const auto before = outside();
  std::vector<std::string> refused;
  for (const std::string name :
       {"lock", "users", "shared", "clean", "log-0", "index-0", "data.mdb", "lock.mdb"}) {
    fs::remove_all(folder_ / "c");
    {
      open().put("k", 1);
    }
    fs::remove(folder_ / "c" / name);
    fs::create_symlink(folder_ / "outside/precious", folder_ / "c" / name);
    if (is_refused(folder_ / "c", [this] { return open(); })) {
      refused.push_back(name);
    } else {
      EXPECT_FALSE(fs::is_symlink(folder_ / "c" / name)) << name;
    }
    EXPECT_EQ(outside(), before) << name;
  }
  EXPECT_EQ(refused, (std::vector<std::string>{"lock", "users", "shared", "data.mdb", "lock.mdb"}));
}

TEST_F(AttackTest, names_of_value_files_lead_nowhere_else) {
  Random random(seed());
  for (std::uint64_t i = 0; i < rounds(10'000, 100'000); ++i) {
    const std::uint64_t name = i < 64 ? std::uint64_t{1} << i : random();
    const fs::path path = fs::path(detail::bucket_of(name)) / detail::leaf_of(name);
    ASSERT_EQ(path.lexically_normal(), path);
    ASSERT_EQ(path.string().find_first_not_of("0123456789abcdef/"), std::string::npos);
    ASSERT_EQ(detail::parse_file_name(detail::bucket_of(name), detail::leaf_of(name)), name);
  }
  for (const char* hostile : {"..", ".", "", "/", "../../etc/passwd", "3f/", "\n", "3F", "\xff"}) {
    EXPECT_EQ(detail::parse_file_name("3f", hostile), std::nullopt);
    EXPECT_EQ(detail::parse_file_name(hostile, "0123456789abcd"), std::nullopt);
  }
}

TEST_F(AttackTest, references_of_any_content_are_refused_or_lead_to_a_name) {
  Random random(seed());
  for (std::uint64_t i = 0; i < rounds(10'000, 100'000); ++i) {
    Bytes stored(random.below(48));
    for (std::byte& byte : stored) byte = static_cast<std::byte>(random());
    const auto ref = detail::parse_file_ref(stored);
    if (!ref) continue;
    ASSERT_EQ(detail::bucket_of(ref->name).find('.'), std::string::npos);
    ASSERT_EQ(detail::leaf_of(ref->name).find('/'), std::string::npos);
  }
}

}  // namespace
}  // namespace larder::test
