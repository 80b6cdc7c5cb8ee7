// SPDX-License-Identifier: Apache-2.0

// Values in files of their own: part of the transaction, never wrong, never left over.

#include <sys/stat.h>
#include <xxhash.h>

#include <csignal>
#include <fstream>
#include <set>
#include <thread>

#include "cache_fixture.h"
#include "larder/core/random.h"
#include "support/child.h"

namespace larder::test {
namespace {

namespace fs = std::filesystem;

std::string text_of(char letter, std::size_t size = 10'000) {
  std::string text(size, letter);
  for (std::size_t i = 0; i < size; i += 97) text[i] = static_cast<char>('a' + i % 26);
  return text;
}

class FileValuesTest : public testing::Test {
 protected:
  [[nodiscard]] Cache open(CacheSettings settings = {}) {
    if (!settings.file_above_bytes) settings.file_above_bytes = 1000;
    return Cache::open({.path = folder_ / "c", .settings = settings}, hooks());
  }
  [[nodiscard]] CacheHooks hooks() {
    return {.clock = &clock_, .log = [this](LogLevel level, std::string_view message) {
              if (level >= LogLevel::warning) log_.emplace_back(message);
            }};
  }
  /// The value files, as paths.
  [[nodiscard]] std::set<fs::path> files() const {
    std::set<fs::path> found;
    if (!fs::exists(folder_ / "c/values-cache")) return found;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "c/values-cache")) {
      if (!entry.is_directory()) found.insert(entry.path());
    }
    return found;
  }
  /// The same once those have gone that need not be kept for a power cut any more.
  [[nodiscard]] std::set<fs::path> files_left(const Cache& cache) const {
    cache.engine().sync();
    return files();
  }
  static void expect_sound(const Cache& cache) { EXPECT_EQ(cache.verify().problems, Strings{}); }

  TempDir folder_;
  ManualClock clock_;
  std::vector<std::string> log_;
};

struct Abort : std::exception {};

TEST_F(FileValuesTest, long_values_go_to_files_and_come_back) {
  Cache cache = open();
  for (const std::size_t size : {1001UL, 65'535UL, 65'536UL, 65'537UL, 200'000UL, 1'000'000UL}) {
    const std::string text = text_of('x', size);
    cache.put(size, text);
    cache.put(std::pair("bytes", size), to_bytes(as_bytes(text)));
    cache.put(std::pair("list", size), std::vector<std::string>{text, "end"});
    EXPECT_EQ(cache.get<std::string>(size), text);
    EXPECT_EQ(cache.get<Bytes>(std::pair("bytes", size)), to_bytes(as_bytes(text)));
    EXPECT_EQ(cache.at<std::vector<std::string>>(std::pair("list", size)).at(1), "end");
  }
  EXPECT_EQ(files().size(), 18U);
  expect_sound(cache);
}

TEST_F(FileValuesTest, short_values_stay_in_records) {
  Cache cache = open();
  cache.put("k", text_of('x', 900));
  EXPECT_TRUE(files().empty());
  EXPECT_FALSE(fs::exists(folder_ / "c/values-cache"));
}

TEST_F(FileValuesTest, content_stands_in_the_file_as_it_is) {
  Cache cache = open();
  const std::string text = text_of('x');
  cache.put("k", text);
  const Bytes stored = read_file(Io::system(), *files().begin());
  EXPECT_EQ(as_text(BytesView(stored).first(text.size())), text);
  EXPECT_EQ(stored.size(), text.size() + 8);
}

TEST_F(FileValuesTest, files_go_with_their_entries) {
  Cache cache = open();
  for (int i = 0; i < 6; ++i) cache.put(i, text_of('x'), {.ttl = 1h, .tags = {"t"}});
  EXPECT_EQ(files_left(cache).size(), 6U);
  cache.erase(0);
  EXPECT_EQ(files_left(cache).size(), 5U);
  EXPECT_EQ(cache.pop<std::string>(1), text_of('x'));
  EXPECT_EQ(files_left(cache).size(), 4U);
  cache.put(2, 7);
  EXPECT_EQ(files_left(cache).size(), 3U);
  cache.put(3, text_of('y'));
  EXPECT_EQ(files_left(cache).size(), 3U);
  EXPECT_EQ(cache.get<std::string>(3), text_of('y'));
  cache.erase_tag("t");
  EXPECT_EQ(files_left(cache).size(), 1U);
  cache.clear();
  EXPECT_TRUE(files_left(cache).empty());
  cache.put(9, text_of('x'), {.ttl = 1s});
  clock_.advance(2s);
  cache.expire();
  EXPECT_TRUE(files_left(cache).empty());
}

TEST_F(FileValuesTest, touch_and_other_readers_leave_the_file_alone) {
  Cache cache = open();
  cache.put("k", text_of('x'), {.ttl = 1h});
  const auto before = files();
  EXPECT_TRUE(cache.touch("k", 2h));
  EXPECT_EQ(cache.get<int>("k"), std::nullopt);
  EXPECT_EQ(cache.pop<int>("k"), std::nullopt);
  expect_kind(ErrorKind::invalid_argument, [&] { cache.incr("k"); });
  EXPECT_FALSE(cache.add("k", text_of('y')));
  EXPECT_EQ(files(), before);
  EXPECT_EQ(cache.get<std::string>("k"), text_of('x'));
}

TEST_F(FileValuesTest, rollback_brings_back_what_was_popped_erased_or_replaced) {
  Cache cache = open();
  for (const char* key : {"popped", "erased", "replaced", "shrunk", "cleared"}) {
    cache.put(key, text_of('o'), {.tags = {"t"}});
  }
  const auto before = files();
  EXPECT_THROW(cache.transact([&] {
    EXPECT_EQ(cache.pop<std::string>("popped"), text_of('o'));
    cache.erase("erased");
    cache.put("replaced", text_of('n'));
    cache.put("replaced", text_of('m'));
    cache.put("shrunk", "short");
    cache.put("fresh", text_of('f'));
    cache.transact([&] { cache.clear(); });
    throw Abort();
  }),
               Abort);
  EXPECT_EQ(files(), before);
  for (const char* key : {"popped", "erased", "replaced", "shrunk", "cleared"}) {
    EXPECT_EQ(cache.get<std::string>(key), text_of('o')) << key;
  }
  EXPECT_EQ(cache.get<std::string>("fresh"), std::nullopt);
  expect_sound(cache);
}

TEST_F(FileValuesTest, files_go_only_after_the_outermost_commit) {
  Cache cache = open();
  cache.put("k", text_of('o'));
  cache.transact([&] {
    cache.transact([&] { cache.erase("k"); });
    EXPECT_EQ(files().size(), 1U);
    cache.transact([&] { cache.put("k", text_of('n')); });
    EXPECT_EQ(cache.get<std::string>("k"), text_of('n'));
  });
  EXPECT_EQ(files_left(cache).size(), 1U);
  EXPECT_EQ(cache.get<std::string>("k"), text_of('n'));
  expect_sound(cache);
}

TEST_F(FileValuesTest, transaction_may_outlive_the_cache_object) {
  const EnginePtr engine = open_lmdb({.path = folder_ / "c"});
  engine->update([&](WriteTxn&) {
    Cache cache(engine, {.file_above_bytes = 1000}, hooks());
    cache.put("k", text_of('x'));
    cache.put("k", text_of('y'));
  });
  engine->sync();
  EXPECT_EQ(files().size(), 1U);
  EXPECT_EQ(Cache(engine).get<std::string>("k"), text_of('y'));
}

TEST_F(FileValuesTest, large_transaction_needs_few_descriptors) {
  Cache cache = open();
  cache.transact([&] {
    for (int i = 0; i < 3000; ++i) cache.put(i, text_of('x', 1100));
  });
  EXPECT_EQ(files_left(cache).size(), 3000U);
  cache.clear();
  cache.expire();
  EXPECT_TRUE(files_left(cache).empty());
}

TEST_F(FileValuesTest, refused_values_leave_no_file) {
  Cache cache = open({.max_bytes = 30'000, .eviction = Eviction::none});
  cache.put("k", text_of('x', 20'000));
  expect_kind(ErrorKind::full, [&] { cache.put("l", text_of('y', 20'000)); });
  expect_kind(ErrorKind::full, [&] { cache.put("m", text_of('y', 40'000)); });
  EXPECT_EQ(files().size(), 1U);
}

TEST_F(FileValuesTest, files_count_against_the_limit) {
  Cache cache = open({.max_bytes = 100'000});
  for (int i = 0; i < 50; ++i) {
    cache.put(i, text_of('x', 10'000));
    EXPECT_LE(cache.bytes(), 100'000U);
  }
  EXPECT_EQ(cache.size(), 9U);
  EXPECT_EQ(files_left(cache).size(), 9U);
  expect_sound(cache);
}

TEST_F(FileValuesTest, compressed_values_go_to_files_only_if_still_long) {
  Cache cache = open({.compress_above_bytes = 100});
  const std::string flat(1'000'000, 'x');
  cache.put("flat", flat);
  EXPECT_TRUE(files().empty());
  std::string noise;
  Random random(7);
  for (int i = 0; i < 100'000; ++i) noise += static_cast<char>('a' + random.below(8));
  cache.put("noise", noise);
  EXPECT_EQ(files().size(), 1U);
  EXPECT_EQ(cache.get<std::string>("flat"), flat);
  EXPECT_EQ(cache.get<std::string>("noise"), noise);
  expect_sound(cache);
}

TEST_F(FileValuesTest, damaged_cut_or_missing_file_is_a_counted_miss) {
  Cache cache = open();
  const auto damage = [&](const std::function<void(const fs::path&)>& how) {
    cache.put("k", text_of('x', 200'000));
    how(*files_left(cache).begin());
    const std::uint64_t before = cache.stats().corrupt_misses;
    const std::size_t said = log_.size();
    EXPECT_EQ(cache.get<std::string>("k"), std::nullopt);
    EXPECT_EQ(cache.stats().corrupt_misses, before + 1);
    EXPECT_EQ(log_.size(), said + 1);
    EXPECT_EQ(cache.verify().problems.size(), 1U);
  };
  for (const std::streamoff at : {0, 65'535, 65'536, 150'000, 199'999, 200'000, 200'031}) {
    damage([&](const fs::path& path) {
      std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
      file.seekg(at);
      const char letter = static_cast<char>(file.get());
      file.seekp(at);
      file.put(static_cast<char>(letter ^ 1));
    });
  }
  damage([](const fs::path& path) { fs::resize_file(path, 100'000); });
  damage([](const fs::path& path) { fs::resize_file(path, 300'000); });
  damage([](const fs::path& path) { fs::remove(path); });
  damage([](const fs::path& path) {
    fs::remove(path);
    fs::create_symlink("/dev/zero", path);
  });
  damage([](const fs::path& path) {
    fs::remove(path);
    fs::create_directory(path);
  });
  cache.put("k", text_of('y'));
  EXPECT_EQ(cache.get<std::string>("k"), text_of('y'));
}

TEST_F(FileValuesTest, swapped_files_are_not_believed) {
  Cache cache = open();
  cache.put("a", text_of('a'));
  cache.put("b", text_of('b'));
  const auto both = files();
  fs::rename(*both.begin(), folder_ / "aside");
  fs::rename(*both.rbegin(), *both.begin());
  fs::rename(folder_ / "aside", *both.rbegin());
  EXPECT_EQ(cache.get<std::string>("a"), std::nullopt);
  EXPECT_EQ(cache.get<std::string>("b"), std::nullopt);
}

TEST_F(FileValuesTest, kill_before_the_commit_leaves_nothing_after_the_next_opening) {
  (void)open();
  const ChildEnd end = run_in_child([&] {
    Cache cache = open();
    cache.put("whole", text_of('w'));
    cache.transact([&] {
      cache.put("k", text_of('x'));
      ::raise(SIGKILL);
    });
    return 0;
  });
  EXPECT_EQ(end.signal, SIGKILL);
  EXPECT_EQ(files().size(), 2U);

  const Cache cache = open();
  EXPECT_EQ(files().size(), 1U);
  EXPECT_EQ(cache.get<std::string>("whole"), text_of('w'));
  expect_sound(cache);
}

TEST_F(FileValuesTest, power_cut_leaves_nothing_after_the_next_opening) {
  const auto open_after_boot = [this](const std::string& boot) {
    return Cache(open_lmdb({.path = folder_ / "c"}, {.boot_id = boot}), {.file_above_bytes = 1000},
                 hooks());
  };
  open_after_boot("one").put("k", text_of('x'));
  // Its entry never reached the device, nor did the note of who made it.
  const fs::path leftover = files().begin()->parent_path() / "0123456789abcd";
  fs::copy_file(*files().begin(), leftover);

  (void)open_after_boot("one");
  EXPECT_TRUE(fs::exists(leftover));  // files are only looked at when one may be left over
  const Cache cache = open_after_boot("two");
  EXPECT_FALSE(fs::exists(leftover));
  EXPECT_EQ(cache.get<std::string>("k"), text_of('x'));
  expect_sound(cache);
}

TEST_F(FileValuesTest, sweep_spares_files_that_are_being_made) {
  Cache cache = open();
  cache.transact([&] {
    cache.put("k", text_of('x'));
    std::thread([&] { (void)open(); }).join();
  });
  EXPECT_EQ(cache.get<std::string>("k"), text_of('x'));
}

TEST_F(FileValuesTest, opening_within_a_transaction_that_fails_loses_nothing) {
  Cache cache = open();
  cache.put("k", text_of('x'));
  EXPECT_THROW(cache.transact([&] {
    cache.erase("k");
    (void)open();
    throw Abort();
  }),
               Abort);
  EXPECT_EQ(cache.get<std::string>("k"), text_of('x'));
}

TEST_F(FileValuesTest, memory_engine_keeps_all_values_in_records) {
  Cache cache(open_memory_engine(), {.file_above_bytes = 0});
  cache.put("k", text_of('x', 1'000'000));
  EXPECT_EQ(cache.get<std::string>("k"), text_of('x', 1'000'000));
  EXPECT_EQ(cache.settings().file_above_bytes, 0U);
}

TEST_F(FileValuesTest, files_and_directories_are_private_whatever_the_umask) {
  for (const mode_t mask : {0U, 077U, 0777U}) {
    const ChildEnd end = run_in_child([&] {
      ::umask(mask);
      Cache cache = Cache::open(
          {.path = folder_ / std::to_string(mask), .settings = {.file_above_bytes = 0}});
      cache.put("k", text_of('x'));
      return cache.get<std::string>("k") ? 0 : 1;
    });
    ASSERT_TRUE(end.is_good()) << end;
    std::size_t seen = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / std::to_string(mask))) {
      const auto wanted = entry.is_directory() ? fs::perms(0700) : fs::perms(0600);
      EXPECT_EQ(entry.status().permissions(), wanted) << entry.path();
      ++seen;
    }
    EXPECT_GT(seen, 5U);
  }
}

TEST_F(FileValuesTest, link_in_place_of_the_directory_is_refused) {
  (void)open();
  fs::create_directory(folder_ / "elsewhere");
  fs::create_directory_symlink(folder_ / "elsewhere", folder_ / "c/values-cache");
  Cache cache = open();
  expect_kind(ErrorKind::denied, [&] { cache.put("k", text_of('x')); });
  EXPECT_TRUE(fs::is_empty(folder_ / "elsewhere"));
  EXPECT_EQ(cache.size(), 0U);
}

TEST_F(FileValuesTest, directory_that_everybody_may_write_is_refused) {
  (void)open();
  fs::create_directory(folder_ / "c/values-cache");
  fs::permissions(folder_ / "c/values-cache", fs::perms(0777));
  Cache cache = open();
  expect_kind(ErrorKind::denied, [&] { cache.put("k", text_of('x')); });
}

TEST_F(FileValuesTest, cache_of_the_first_format_is_read) {
  const EnginePtr engine = open_memory_engine();
  Cache(engine, {.max_entries = 5}).put("k", 1);
  engine->update([&](WriteTxn& txn) {
    const BytesView at = as_bytes("cache\x04");
    Bytes meta = to_bytes(txn.get(at).value());
    meta.resize(69);  // without `file_above_bytes` and checksum
    meta[0] = std::byte{1};
    const auto sum =
        XXH3_64bits_withSeed(meta.data(), meta.size(), XXH3_64bits(at.data(), at.size()));
    append(meta, std::as_bytes(std::span(&sum, 1)));
    txn.put(at, meta);
  });
  Cache cache(engine);
  EXPECT_EQ(cache.settings().max_entries, 5U);
  EXPECT_EQ(cache.settings().file_above_bytes,
            Cache(open_memory_engine()).settings().file_above_bytes);
  EXPECT_EQ(cache.get<int>("k"), 1);
  cache.put("l", 2);
  EXPECT_EQ(cache.size(), 2U);
}

}  // namespace
}  // namespace larder::test
