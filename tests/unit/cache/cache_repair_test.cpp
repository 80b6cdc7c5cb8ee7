// SPDX-License-Identifier: Apache-2.0

// Damage of every kind, and its repair: what is whole stays, and nothing is wrong afterwards.

#include <rapidcheck.h>

#include <fstream>
#include <functional>
#include <map>

#include "cache/record.h"
#include "cache_fixture.h"
#include "larder/cache/repair.h"
#include "larder/core/random.h"
#include "value_files.h"

namespace larder::test {
namespace {

namespace fs = std::filesystem;

Bytes engine_key(char space, BytesView rest) {
  Bytes at = to_bytes(as_bytes("cache"));
  at.push_back(static_cast<std::byte>(space));
  append(at, rest);
  return at;
}

void damage_file(const fs::path& path, std::uint64_t where) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  const auto size = static_cast<std::uint64_t>(fs::file_size(path));
  const auto at = static_cast<std::streamoff>(where % size);
  file.seekg(at);
  const char letter = static_cast<char>(file.get());
  file.seekp(at);
  file.put(static_cast<char>(letter ^ 0x40));
}

class RepairTest : public testing::Test {
 protected:
  RepairTest() { (void)open(); }

  [[nodiscard]] Cache open() {
    return Cache::open({.path = folder_ / "c",
                        .settings = {.file_above_bytes = 500},
                        .durability = Durability::disposable},
                       {.clock = &clock_});
  }
  [[nodiscard]] std::vector<fs::path> files() const { return value_files(folder_ / "c"); }
  TempDir folder_{memory_folder()};
  ManualClock clock_;
};

TEST_F(RepairTest, sound_cache_is_left_as_it_is) {
  Cache cache = open();
  cache.put("a", 1, {.ttl = 1h, .tags = {"t"}});
  cache.put("b", std::string(1000, 'b'));
  const Entries before = entries(cache.engine());
  const RepairReport report = cache.repair();
  EXPECT_EQ(report.problems, Strings{});
  EXPECT_EQ(report.entries, 2U);
  EXPECT_EQ(report.removed, 0U);
  EXPECT_EQ(entries(cache.engine()), before);
}

TEST_F(RepairTest, dry_run_tells_and_changes_nothing) {
  Cache cache = open();
  cache.put("b", std::string(1000, 'b'));
  fs::remove(files().front());
  const Entries before = entries(cache.engine());
  const RepairReport report = cache.repair(RepairMode::dry_run);
  EXPECT_EQ(report.problems.size(), 1U);
  EXPECT_EQ(entries(cache.engine()), before);
  EXPECT_EQ(cache.repair().problems, report.problems);
  EXPECT_EQ(cache.size(), 0U);
  EXPECT_EQ(cache.bytes(), 0U);
}

TEST_F(RepairTest, lost_settings_become_the_defaults) {
  Cache cache = open();
  cache.put("a", 1);
  cache.engine().update([](WriteTxn& txn) { txn.put(as_bytes("cache\x04"), as_bytes("garbage")); });
  EXPECT_EQ(cache.repair().problems.size(), 1U);
  EXPECT_EQ(cache.size(), 1U);
  EXPECT_EQ(cache.get<int>("a"), 1);
  cache.put("b", 2);
  EXPECT_EQ(cache.verify().problems, Strings{});
}

TEST_F(RepairTest, files_that_no_entry_names_go_and_strangers_stay) {
  Cache cache = open();
  cache.put("b", std::string(1000, 'b'));
  const fs::path directory = folder_ / "c/values-cache";
  fs::create_directory(directory / "00");
  std::ofstream(directory / "00" / "00000000000001") << "left over";
  std::ofstream(directory / "notes.txt") << "mine";
  EXPECT_EQ(cache.verify().problems.size(), 1U);
  EXPECT_EQ(cache.repair().problems.size(), 1U);
  EXPECT_EQ(cache.verify().problems, Strings{});
  EXPECT_FALSE(fs::exists(directory / "00" / "00000000000001"));
  EXPECT_TRUE(fs::exists(directory / "notes.txt"));
  EXPECT_EQ(cache.get<std::string>("b"), std::string(1000, 'b'));
}

TEST_F(RepairTest, repair_within_a_transaction_that_fails_loses_nothing) {
  Cache cache = open();
  cache.put("b", std::string(1000, 'b'));
  const auto failing = [&] {
    cache.transact([&] {
      cache.erase("b");
      (void)cache.repair();
      throw std::runtime_error("no");
    });
  };
  EXPECT_THROW(failing(), std::runtime_error);
  EXPECT_EQ(cache.get<std::string>("b"), std::string(1000, 'b'));
  EXPECT_EQ(cache.verify().problems, Strings{});
}

/// A cache of random entries, and what damage has left whole of it.
class Victim {
 public:
  Victim(Cache& cache, const fs::path& files, std::uint64_t seed) : cache_(cache), random_(seed) {
    const std::uint64_t count = 1 + random_.below(40);
    for (std::uint64_t i = 0; i < count; ++i) put_entry(i);
    if (!fs::exists(files)) return;
    for (const auto& entry : fs::recursive_directory_iterator(files)) {
      if (!entry.is_regular_file()) continue;
      // Each value has a length of its own.
      for (const auto& [key, value] : whole_) {
        if (entry.file_size() == value.size() + 8) file_of_[key] = entry.path();
      }
    }
  }

  [[nodiscard]] const std::map<std::string, std::string>& whole() const { return whole_; }

  void hurt() {
    for (std::uint64_t times = random_.below(12); times > 0 && !whole_.empty(); --times) {
      const std::string key = pick();
      switch (random_.below(6)) {
        case 0:
          lose(key, [&](WriteTxn& txn) { flip(txn, engine_key(5, Key(key).bytes())); });
          break;
        case 1:
          lose(key, [&](WriteTxn& txn) { txn.erase(engine_key(5, Key(key).bytes())); });
          break;
        case 2:
          hurt_file(key);
          break;
        case 3:
          cache_.engine().update([&](WriteTxn& txn) { drop_link(txn); });
          break;
        case 4:
          cache_.engine().update([&](WriteTxn& txn) { add_link(txn, key); });
          break;
        default:
          cache_.engine().update([&](WriteTxn& txn) { flip(txn, engine_key(4, {})); });
      }
    }
  }

 private:
  void put_entry(std::uint64_t number) {
    PutOptions options;
    if (random_.below(3) == 0) options.ttl = std::chrono::hours(1 + random_.below(9));
    for (const char* tag : {"x", "y", "zz"}) {
      if (random_.below(3) == 0) options.tags.emplace_back(tag);
    }
    const std::string key = "key" + std::to_string(number);
    whole_[key] = std::string((random_.below(2) == 0 ? 10 : 1000) + number, 'v');
    cache_.put(key, whole_[key], options);
  }

  std::string pick() {
    return std::next(whole_.begin(), static_cast<std::ptrdiff_t>(random_.below(whole_.size())))
        ->first;
  }

  void lose(const std::string& key, const std::function<void(WriteTxn&)>& how) {
    cache_.engine().update(how);
    whole_.erase(key);
  }

  void hurt_file(const std::string& key) {
    const auto found = file_of_.find(key);
    if (found == file_of_.end()) return;
    if (random_.below(2) == 0) {
      fs::remove(found->second);
    } else {
      damage_file(found->second, random_());
    }
    whole_.erase(key);
  }

  void flip(WriteTxn& txn, const Bytes& at) {
    Bytes value = to_bytes(txn.get(at).value());
    value[random_.below(value.size())] ^= std::byte{1};
    txn.put(at, value);
  }

  void drop_link(WriteTxn& txn) {
    const char space = static_cast<char>(1 + random_.below(3));
    const Entries all = entries(txn, KeyRange::prefix(engine_key(space, {})));
    if (!all.empty()) txn.erase(as_bytes(all[random_.below(all.size())].first));
  }

  void add_link(WriteTxn& txn, const std::string& key) {
    Bytes rest(random_.below(30));
    for (std::byte& byte : rest) byte = static_cast<std::byte>(random_());
    txn.put(engine_key(static_cast<char>(1 + random_.below(3)), rest), Key(key).bytes());
  }

  Cache& cache_;
  Random random_;
  std::map<std::string, std::string> whole_;
  std::map<std::string, fs::path> file_of_;
};

TEST_F(RepairTest, random_damage_is_repaired_and_what_is_whole_stays) {
  EXPECT_TRUE(rc::check([&](std::uint64_t seed) {
    Cache cache = open();
    cache.clear();
    Victim victim(cache, folder_ / "c/values-cache", seed);
    victim.hurt();

    cache.repair();

    RC_ASSERT(cache.verify().problems == Strings{});
    RC_ASSERT(cache.size() == victim.whole().size());
    for (const auto& [key, value] : victim.whole()) {
      RC_ASSERT(cache.get<std::string>(key) == value);
    }
    RC_ASSERT(cache.repair().problems == Strings{});
    for (const auto& [key, value] : victim.whole()) cache.put(key, std::string("new"));
    RC_ASSERT(cache.verify().problems == Strings{});
  }));
}

TEST_F(RepairTest, entries_with_one_sequence_number_get_their_own) {
  Cache cache = open();
  for (const char* key : {"a", "b", "c"}) cache.put(key, key, {.ttl = 1h, .tags = {"t"}});
  const auto set_sequence = [&](const Key& key, std::uint64_t sequence) {
    const Bytes at = engine_key(5, key.bytes());
    cache.engine().update([&](WriteTxn& txn) {
      const Bytes stored = to_bytes(txn.get(at).value());
      detail::Record record = detail::open_record(stored, at).value();
      record.sequence = sequence;
      Bytes sealed;
      detail::seal_record(record, at, sealed);
      txn.put(at, sealed);
    });
  };
  set_sequence("b", 1);
  set_sequence("c", ~std::uint64_t{0});

  const RepairReport report = cache.repair();

  EXPECT_FALSE(report.problems.empty());
  EXPECT_EQ(report.removed, 0U);
  EXPECT_EQ(cache.verify().problems, Strings{});
  cache.put("d", "d");
  for (const char* key : {"a", "b", "c", "d"}) EXPECT_EQ(cache.get<std::string>(key), key);
  EXPECT_EQ(cache.size(), 4U);
  EXPECT_EQ(cache.erase_tag("t"), 3U);
  EXPECT_EQ(cache.verify().problems, Strings{});
}

/// A cache in a file whose pages are damaged in the middle.
class PagesOfCache : public RepairTest {
 protected:
  PagesOfCache() {
    Cache cache = open();
    for (int i = 0; i < count; ++i) cache.put(i, std::string(200, 'v'), {.tags = {"t"}});
  }
  static constexpr int count = 2000;

  [[nodiscard]] fs::path database() const { return folder_ / "c" / "data.mdb"; }
  void zero_pages(std::size_t pages) const {
    std::fstream file(database(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(fs::file_size(database()) / 2 / 4096 * 4096));
    file << std::string(pages * 4096, '\0');
  }
  [[nodiscard]] CacheOptions options() const {
    return {.path = folder_ / "c", .durability = Durability::disposable};
  }
};

TEST_F(PagesOfCache, are_made_anew_of_what_can_be_read) {
  zero_pages(1);

  const RepairReport report = repair_cache(options());

  EXPECT_FALSE(report.problems.empty());
  ASSERT_EQ(report.kept.size(), 1U);
  EXPECT_TRUE(fs::exists(report.kept[0]));
  const Cache cache = open();
  EXPECT_EQ(cache.verify().problems, Strings{});
  EXPECT_EQ(cache.size(), report.entries);
  EXPECT_GE(report.entries, unsigned{count - 30});
}

TEST_F(PagesOfCache, stay_as_they_are_in_a_dry_run) {
  zero_pages(1);
  const Bytes damaged = read_file(Io::system(), database());

  const RepairReport report = repair_cache(options(), RepairMode::dry_run);

  EXPECT_FALSE(report.problems.empty());
  EXPECT_EQ(report.kept.size(), 0U);
  EXPECT_EQ(read_file(Io::system(), database()), damaged);
}

TEST_F(PagesOfCache, of_a_cache_in_use_are_left_alone) {
  Cache cache = open();
  cache.put("k", 1);
  zero_pages(30);  // some of them are in use
  try {
    repair_cache(options(), RepairMode::fix, {.clock = &clock_});
    FAIL() << "damaged pages were passed over";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::corrupt) << error.what();
    EXPECT_NE(std::string(error.what()).find("close it everywhere"), std::string::npos);
  }
  EXPECT_EQ(cache.get<int>("k"), 1);
}

TEST_F(PagesOfCache, settings_that_are_damaged_become_the_defaults) {
  {
    Cache cache = open();
    cache.change_settings({.max_entries = 5000});
    cache.engine().update(
        [](WriteTxn& txn) { txn.put(as_bytes("cache\x04"), as_bytes("nonsense")); });
  }
  expect_kind(ErrorKind::corrupt, [&] { (void)open(); });

  const RepairReport report = repair_cache(options());

  EXPECT_FALSE(report.problems.empty());
  EXPECT_EQ(report.removed, 0U);
  const Cache cache = open();
  EXPECT_EQ(cache.size(), unsigned{count});
  EXPECT_EQ(cache.settings().max_entries, no_limit);
  EXPECT_EQ(cache.verify().problems, Strings{});
}

TEST_F(PagesOfCache, are_not_looked_for_where_there_is_no_cache) {
  expect_kind(ErrorKind::invalid_argument, [&] { repair_cache({.path = folder_ / "none"}); });
  EXPECT_FALSE(fs::exists(folder_ / "none"));
}

}  // namespace
}  // namespace larder::test
