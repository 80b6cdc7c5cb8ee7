// SPDX-License-Identifier: Apache-2.0

// Damage of every kind, and its repair: what is whole stays, and nothing is wrong afterwards.

#include <rapidcheck.h>

#include <fstream>
#include <functional>
#include <map>

#include "cache_fixture.h"
#include "larder/core/random.h"

namespace larder::test {
namespace {

namespace fs = std::filesystem;

class RepairTest : public testing::Test {
 protected:
  RepairTest() { (void)open(); }

  [[nodiscard]] Cache open() {
    return Cache::open({.path = folder_ / "c",
                        .settings = {.file_above_bytes = 500},
                        .durability = Durability::disposable},
                       {.clock = &clock_});
  }
  [[nodiscard]] std::vector<fs::path> files() const {
    std::vector<fs::path> found;
    if (!fs::exists(folder_ / "c/values-cache")) return found;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "c/values-cache")) {
      if (entry.is_regular_file()) found.push_back(entry.path());
    }
    std::ranges::sort(found);
    return found;
  }
  void change(Engine& engine, const std::function<void(WriteTxn&)>& how) { engine.update(how); }
  [[nodiscard]] static Bytes engine_key(char space, BytesView rest) {
    Bytes at = to_bytes(as_bytes("cache"));
    at.push_back(static_cast<std::byte>(space));
    append(at, rest);
    return at;
  }
  static void damage_file(const fs::path& path, std::uint64_t where) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    const auto size = static_cast<std::uint64_t>(fs::file_size(path));
    const auto at = static_cast<std::streamoff>(where % size);
    file.seekg(at);
    const char letter = static_cast<char>(file.get());
    file.seekp(at);
    file.put(static_cast<char>(letter ^ 0x40));
  }

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
  change(cache.engine(),
         [](WriteTxn& txn) { txn.put(as_bytes("cache\x04"), as_bytes("garbage")); });
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

TEST_F(RepairTest, random_damage_is_repaired_and_what_is_whole_stays) {
  rc::check([&](std::uint64_t seed) {
    Random random(seed);
    Cache cache = open();
    cache.clear();
    std::map<std::string, std::string> whole;
    const std::uint64_t count = 1 + random.below(40);
    for (std::uint64_t i = 0; i < count; ++i) {
      PutOptions options;
      if (random.below(3) == 0) options.ttl = std::chrono::hours(1 + random.below(9));
      for (const char* tag : {"x", "y", "zz"}) {
        if (random.below(3) == 0) options.tags.emplace_back(tag);
      }
      const std::string key = "key" + std::to_string(i);
      whole[key] = std::string(random.below(2) == 0 ? 10 + i : 1000 + i, 'v');
      cache.put(key, whole[key], options);
    }
    std::map<std::string, fs::path> file_of;
    for (const auto& [key, value] : whole) {
      if (value.size() < 1000) continue;
      for (const fs::path& path : files()) {
        if (fs::file_size(path) == value.size() + 8) file_of[key] = path;
      }
    }
    const auto pick = [&] {
      return std::next(whole.begin(), static_cast<std::ptrdiff_t>(random.below(whole.size())));
    };
    for (std::uint64_t hits = random.below(12); hits > 0 && !whole.empty(); --hits) {
      const auto victim = pick();
      const bool in_file = victim->second.size() >= 1000;
      switch (random.below(7)) {
        case 0:  // the record
          change(cache.engine(), [&](WriteTxn& txn) {
            const Bytes at = engine_key(5, Key(victim->first).bytes());
            Bytes record = to_bytes(txn.get(at).value());
            record[random.below(record.size())] ^= std::byte{1};
            txn.put(at, record);
          });
          whole.erase(victim);
          break;
        case 1:  // the file
          if (!in_file) break;
          damage_file(file_of.at(victim->first), random());
          whole.erase(victim);
          break;
        case 2:
          if (!in_file) break;
          fs::remove(file_of.at(victim->first));
          whole.erase(victim);
          break;
        case 3: {  // an index
          const char space = static_cast<char>(1 + random.below(3));
          change(cache.engine(), [&](WriteTxn& txn) {
            const Entries all = entries(txn, KeyRange::prefix(engine_key(space, {})));
            if (!all.empty()) txn.erase(as_bytes(all[random.below(all.size())].first));
          });
          break;
        }
        case 4: {
          const char space = static_cast<char>(1 + random.below(3));
          change(cache.engine(), [&](WriteTxn& txn) {
            Bytes rest(random.below(30));
            for (std::byte& byte : rest) byte = static_cast<std::byte>(random());
            txn.put(engine_key(space, rest), Key(pick()->first).bytes());
          });
          break;
        }
        case 5:  // the record itself is gone
          change(cache.engine(),
                 [&](WriteTxn& txn) { txn.erase(engine_key(5, Key(victim->first).bytes())); });
          whole.erase(victim);
          break;
        default:  // the counters
          change(cache.engine(), [&](WriteTxn& txn) {
            const Bytes at = engine_key(4, {});
            Bytes meta = to_bytes(txn.get(at).value());
            meta[random.below(meta.size())] ^= std::byte{1};
            txn.put(at, meta);
          });
      }
    }

    cache.repair();

    RC_ASSERT(cache.verify().problems == Strings{});
    RC_ASSERT(cache.size() == whole.size());
    for (const auto& [key, value] : whole) RC_ASSERT(cache.get<std::string>(key) == value);
    RC_ASSERT(cache.repair().problems == Strings{});
    for (const auto& [key, value] : whole) cache.put(key, std::string("new"));
    RC_ASSERT(cache.verify().problems == Strings{});
  });
}

}  // namespace
}  // namespace larder::test
