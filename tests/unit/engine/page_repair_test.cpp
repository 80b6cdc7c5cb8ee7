// SPDX-License-Identifier: Apache-2.0

// Databases in which pages are damaged: all that can be read comes over to a new one, and nothing
// that is wrong or long out of use.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "engine/lmdb/page.h"
#include "larder/core/random.h"
#include "larder/engine/compact.h"
#include "larder/engine/engine.h"
#include "larder/engine/repair.h"
#include "support/child.h"
#include "support/engine_under_test.h"
#include "support/expect_kind.h"
#include "support/faulty_io.h"
#include "support/settings.h"
#include "support/temp_dir.h"

namespace larder::test {
namespace {

namespace fs = std::filesystem;
using lmdb::Page;
using lmdb::page_bytes;

constexpr int key_count = 6000;
constexpr std::size_t most_in_leaf = 40;

std::string key_of(int number) {
  std::string key = "key " + std::to_string(100'000 + number * 7919 % key_count);
  key.resize(number % 100 == 7 ? 700 : 100, '.');
  return key;
}

class PageRepairTest : public testing::Test {
 protected:
  PageRepairTest() : dir_(memory_folder()) {
    fill();
    note_ = read_file(Io::system(), note());
  }

  [[nodiscard]] EnginePtr open() const { return open_lmdb(options()); }
  [[nodiscard]] LmdbOptions options() const {
    return {.path = dir_ / "engine", .compact_on_close = {}};  // else no page is out of use
  }
  [[nodiscard]] fs::path file() const { return dir_ / "engine" / "data.mdb"; }
  [[nodiscard]] fs::path note() const { return dir_ / "engine" / "clean"; }

  /// Three levels of pages, and many that are out of use: with old values of the same keys.
  void fill() {
    const EnginePtr engine = open();
    for (const char* round : {"old", "new"}) {
      for (int begin = 0; begin < key_count; begin += 500) {
        engine->update([&](WriteTxn& txn) {
          for (int i = begin; i < begin + 500; ++i) {
            std::string value = round + std::to_string(i);
            if (i % 200 == 0) value.resize(9000, '+');
            txn.put(as_bytes(key_of(i)), as_bytes(value));
          }
        });
      }
      engine->sync();
    }
    engine->update([](WriteTxn& txn) {
      for (int i = 0; i < key_count; i += 3) txn.erase(as_bytes(key_of(i)));
    });
    for (auto& [key, value] : entries(*engine)) whole_[key] = value;
  }

  [[nodiscard]] Bytes image() const { return read_file(Io::system(), file()); }
  void write(const Bytes& content) const { overwrite(file(), content); }
  /// The same, as if it had been closed just before: with the note of the end of `fill()`.
  void write_closed(const Bytes& content) const {
    write(content);
    overwrite(note(), note_);
  }
  static void overwrite(const fs::path& path, const Bytes& content) {
    const File handle(Io::system(), path, O_WRONLY | O_CREAT | O_TRUNC);
    pwrite_all(Io::system(), handle.fd(), content, 0, path);
  }
  /// The pages in use of kind `flag`, told by the file as it was when nothing was damaged.
  [[nodiscard]] std::vector<std::uint64_t> pages(std::uint16_t flag) const {
    const Bytes content = image();
    std::vector<std::uint64_t> found;
    for (std::uint64_t i = 2; i < content.size() / page_bytes; ++i) {
      const Page page(content.data() + i * page_bytes);
      if (page.number() == i && page.flags() == flag) found.push_back(i);
    }
    return found;
  }
  void zero(std::uint64_t page) const {
    Bytes content = image();
    std::fill_n(content.begin() + static_cast<std::ptrdiff_t>(page * page_bytes), page_bytes,
                std::byte{0});
    write(content);
  }
  /// As if it had not been closed in order: nothing tells what its heads were like.
  void remove_note() const { ASSERT_TRUE(fs::remove(note())); }
  [[nodiscard]] std::uint64_t root() const {
    const Bytes content = image();
    const auto head = [&](std::size_t i) {
      return lmdb::load<lmdb::Head>(content.data() + i * page_bytes + lmdb::page_head);
    };
    const lmdb::Head newest = head(0).txn < head(1).txn ? head(1) : head(0);
    Page::Node node{};
    EXPECT_TRUE(Page(content.data() + newest.main.root * page_bytes).node(0, node));
    return lmdb::load<lmdb::TreeRecord>(node.data).root;
  }

  /// What there is afterwards: nothing that is not as it was. Returns how many are missing.
  std::size_t expect_right_ones() {
    const EnginePtr engine = open();
    const Entries found = entries(*engine);
    for (const auto& [key, value] : found) {
      const auto known = whole_.find(key);
      // The bytes of large values are whole pages, which engines do not check.
      const bool is_right = known != whole_.end() && known->second.size() == value.size() &&
                            (value.size() > page_bytes || known->second == value);
      if (!is_right) ADD_FAILURE() << "wrong: " << key;
    }
    put(*engine, "new", "1");
    EXPECT_EQ(get(*engine, "new"), "1");
    erase(*engine, "new");
    return whole_.size() - std::min(whole_.size(), found.size());
  }

  static bool tells(const PageRepair& report, std::string_view what) {
    return std::ranges::any_of(report.problems, [&](const std::string& problem) {
      return problem.find(what) != std::string::npos;
    });
  }

  TempDir dir_;
  std::map<std::string, std::string> whole_;
  Bytes note_;
};

TEST_F(PageRepairTest, leaves_a_sound_database_as_it_is) {
  const Bytes before = image();

  const PageRepair report = repair_lmdb(options());

  EXPECT_EQ(report.problems, std::vector<std::string>{});
  EXPECT_EQ(report.entries, whole_.size());
  EXPECT_EQ(report.lost, 0U);
  EXPECT_FALSE(report.kept);
  EXPECT_EQ(image(), before);
  EXPECT_EQ(expect_right_ones(), 0U);
}

TEST_F(PageRepairTest, loses_no_more_than_the_leaf_that_is_damaged) {
  std::size_t missing = 0;
  const Bytes sound = image();
  const std::vector<std::uint64_t> leaves = pages(lmdb::leaf_flag);
  for (std::size_t i = 0; i < leaves.size(); i += leaves.size() / 20) {
    write_closed(sound);
    zero(leaves[i]);

    const PageRepair report = repair_lmdb(options());

    const std::size_t lost = expect_right_ones();
    EXPECT_LE(lost, most_in_leaf) << "page " << leaves[i];
    EXPECT_EQ(report.lost, lost);
    missing += lost;
  }
  EXPECT_GT(missing, 0U);
}

TEST_F(PageRepairTest, keeps_the_other_entries_of_a_leaf_with_one_bad_entry) {
  Bytes content = image();
  const std::uint64_t leaf = pages(lmdb::leaf_flag).at(50);
  // The first entry lies far outside.
  const std::uint64_t offset = leaf * page_bytes + lmdb::page_head;
  content.at(offset + 1) = std::byte{0xFF};
  write(content);

  repair_lmdb(options());

  EXPECT_LE(expect_right_ones(), 1U);
}

TEST_F(PageRepairTest, of_two_entries_with_one_key_keeps_the_whole_one) {
  // In a sound file that has no other pages, so that the first place found is the one in use.
  compact_lmdb(options());
  Bytes content = image();
  const auto place_of = [&](const std::string& key) {
    return std::ranges::search(content, as_bytes(key)).begin();
  };
  std::string first;
  std::string second;
  for (auto next = whole_.begin(); second.empty(); ++next) {
    first = next->first;
    std::string flipped = first;
    flipped[9] = static_cast<char>(flipped[9] ^ 1);
    if (first[9] % 2 == 0 && first.size() == 100 && whole_.contains(flipped)) second = flipped;
  }
  *(place_of(first) + 9) ^= std::byte{1};
  write(content);

  repair_lmdb(
      options(), RepairMode::fix, {}, [](std::uint64_t, std::uint64_t) {},
      [](BytesView key, BytesView value) {
        return as_text(key) == key_of(std::stoi(std::string(as_text(value.subspan(3)))));
      });

  EXPECT_EQ(expect_right_ones(), 1U);
  EXPECT_EQ(get(*open(), second), whole_[second]);
}

TEST_F(PageRepairTest, large_value_that_claims_the_pages_of_others_takes_none_along) {
  const Bytes sound = image();
  std::ptrdiff_t noticed = 0;
  for (const std::uint64_t page : pages(lmdb::overflow_flag)) {
    Bytes content = sound;
    std::byte& pages_in_row = content[page * page_bytes + 12];
    if (pages_in_row != std::byte{3}) continue;  // the list of free pages
    pages_in_row = std::byte{12};
    write_closed(content);
    SCOPED_TRACE("page " + std::to_string(page));

    const PageRepair report = repair_lmdb(options());
    EXPECT_LE(expect_right_ones(), 1U);
    EXPECT_EQ(repair_lmdb(options()).problems, std::vector<std::string>{});
    if (report.kept) fs::remove(*report.kept);
    // Others are out of use. What is behind the end of the file cannot be claimed.
    if (tells(report, "claims the pages of others") || tells(report, "missing")) ++noticed;
  }
  EXPECT_EQ(noticed, std::ranges::count_if(whole_, [](const auto& entry) {
              return entry.second.size() > page_bytes;
            }));
}

TEST_F(PageRepairTest, large_values_in_one_place_are_noticed) {
  const Bytes sound = image();
  std::vector<std::ptrdiff_t> leads;  // where the numbers of their first pages stand
  for (const std::uint64_t leaf : pages(lmdb::leaf_flag)) {
    const Page page(sound.data() + leaf * page_bytes);
    for (std::size_t i = 0; i < page.count(); ++i) {
      Page::Node node{};
      if (page.node(i, node) && node.flags == lmdb::big_data) {
        leads.push_back(node.data - sound.data());
      }
    }
  }
  std::size_t noticed = 0;
  for (std::size_t i = 1; i < leads.size(); ++i) {
    Bytes content = sound;
    std::copy_n(sound.begin() + leads[i - 1], sizeof(std::uint64_t), content.begin() + leads[i]);
    write_closed(content);
    const PageRepair report = repair_lmdb(options());
    if (report.kept) fs::remove(*report.kept);
    if (tells(report, "is a large value among others")) ++noticed;
  }
  EXPECT_GT(noticed, 5U);
}

TEST_F(PageRepairTest, finds_what_is_below_a_damaged_branch) {
  const Bytes sound = image();
  for (const std::uint64_t branch : pages(lmdb::branch_flag)) {
    write_closed(sound);
    zero(branch);

    repair_lmdb(options());

    EXPECT_EQ(expect_right_ones(), 0U) << "page " << branch;
  }
}

TEST_F(PageRepairTest, finds_everything_without_the_root) {
  zero(root());
  expect_kind(ErrorKind::corrupt, [&] { (void)open(); });

  const PageRepair report = repair_lmdb(options());

  EXPECT_FALSE(report.problems.empty());
  EXPECT_EQ(report.lost, 0U);
  EXPECT_EQ(expect_right_ones(), 0U);
}

TEST_F(PageRepairTest, dry_run_tells_the_same_and_changes_nothing) {
  zero(root());
  const Bytes damaged = image();

  const PageRepair dry = repair_lmdb(options(), RepairMode::dry_run);

  EXPECT_EQ(image(), damaged);
  const PageRepair report = repair_lmdb(options());
  EXPECT_EQ(dry.problems, report.problems);
  EXPECT_EQ(dry.entries, report.entries);
}

TEST_F(PageRepairTest, keeps_the_damaged_file) {
  zero(root());
  const Bytes damaged = image();

  const PageRepair report = repair_lmdb(options());

  ASSERT_TRUE(report.kept);
  EXPECT_EQ(read_file(Io::system(), *report.kept), damaged);
  zero(root());
  const PageRepair again = repair_lmdb(options());
  ASSERT_TRUE(again.kept);
  EXPECT_NE(*again.kept, *report.kept);
  EXPECT_EQ(expect_right_ones(), 0U);
}

TEST_F(PageRepairTest, without_one_head_says_that_the_last_changes_may_be_missing) {
  const Bytes sound = image();
  for (const std::uint64_t head : {0U, 1U}) {
    write_closed(sound);
    zero(head);
    remove_note();

    const PageRepair report = repair_lmdb(options());

    ASSERT_FALSE(report.problems.empty());
    EXPECT_TRUE(std::ranges::any_of(report.problems, [](const std::string& problem) {
      return problem.find("last changes") != std::string::npos;
    }));
    for (const auto& [key, value] : entries(*open())) {
      EXPECT_TRUE(!whole_.contains(key) || value.substr(3) == whole_[key].substr(3)) << key;
    }
  }
}

TEST_F(PageRepairTest, one_head_of_another_format_is_damage_and_two_are_not) {
  Bytes content = image();
  const std::size_t version = lmdb::page_head + 4;
  content.at(version) ^= std::byte{2};
  write(content);
  remove_note();
  EXPECT_FALSE(repair_lmdb(options()).problems.empty());
  static_cast<void>(entries(*open()));

  content = image();
  for (const std::size_t head : {0U, 1U}) content.at(head * page_bytes + version) ^= std::byte{2};
  write(content);
  remove_note();
  expect_kind(ErrorKind::not_supported, [&] { repair_lmdb(options()); });
  EXPECT_EQ(image(), content);
}

TEST_F(PageRepairTest, without_both_heads_and_their_note_there_is_nothing_to_be_read) {
  remove_note();
  zero(0);
  zero(1);
  const Bytes damaged = image();
  expect_kind(ErrorKind::corrupt, [&] { repair_lmdb(options()); });
  EXPECT_EQ(image(), damaged);
}

TEST_F(PageRepairTest, brings_over_what_the_log_of_a_killed_process_holds) {
  const ChildEnd end = run_in_child([&] {
    const EnginePtr engine = open();
    put(*engine, "last", "words");
    ::kill(::getpid(), SIGKILL);
    return 0;
  });
  ASSERT_EQ(end.signal, SIGKILL);
  whole_["last"] = "words";
  zero(root());

  repair_lmdb(options());

  EXPECT_EQ(expect_right_ones(), 0U);
  EXPECT_EQ(get(*open(), "last"), "words");
}

TEST_F(PageRepairTest, is_refused_while_somebody_has_it_open) {
  const EnginePtr engine = open();
  expect_kind(ErrorKind::unavailable, [&] { repair_lmdb(options()); });
}

TEST_F(PageRepairTest, needs_a_database) {
  expect_kind(ErrorKind::invalid_argument, [&] { repair_lmdb({.path = dir_ / "none"}); });
  EXPECT_FALSE(fs::exists(dir_ / "none"));
}

TEST_F(PageRepairTest, database_with_any_damage_opens_and_holds_nothing_wrong) {
  const Bytes sound = image();
  Random random(seed());
  std::size_t worst = 0;
  for (std::uint64_t round = 0; round < rounds(60, 5000); ++round) {
    Bytes content = sound;
    const std::uint64_t place = 2 * page_bytes + random.below(content.size() - 2 * page_bytes);
    const std::uint64_t action = random.below(3);
    if (action == 0) {
      // Only what holds entries together: the bytes of values are not the engine's to check.
      const std::uint64_t page = place / page_bytes * page_bytes;
      content[page + random.below(64)] ^= std::byte{1} << random.below(8);
    } else if (action == 1) {
      const auto begin = static_cast<std::ptrdiff_t>(place / page_bytes * page_bytes);
      std::fill_n(content.begin() + begin, page_bytes, std::byte{0});
    } else {
      const auto gone = static_cast<std::ptrdiff_t>(random.below(content.size() / 20));
      content.erase(content.end() - gone, content.end());
    }
    write_closed(content);
    SCOPED_TRACE("round " + std::to_string(round) + ", action " + std::to_string(action) +
                 ", place " + std::to_string(place));

    const PageRepair report = repair_lmdb(options());
    const std::size_t lost = expect_right_ones();
    if (action != 2) worst = std::max(worst, lost);
    ASSERT_LE(action == 2 ? 0 : lost, most_in_leaf);
    if (report.kept) fs::remove(*report.kept);
    if (HasFailure()) return;
  }
  std::printf("at most %zu of %zu entries were lost by one damaged page\n", worst, whole_.size());
}

TEST_F(PageRepairTest, call_that_fails_loses_nothing) {
  zero(root());
  const Bytes damaged = image();
  for (const int error : {ENOSPC, EIO}) {
    for (std::uint64_t k = 1;; k += rounds(5, 1)) {
      write_closed(damaged);
      FaultyIo io;
      EngineHooks hooks;
      hooks.io = &io;
      io.fail("any", k, error);
      bool failed = false;
      try {
        repair_lmdb(options(), RepairMode::fix, hooks);
      } catch (const Error&) {
        failed = true;
      }
      if (failed) repair_lmdb(options());
      ASSERT_EQ(expect_right_ones(), 0U) << "call " << k;
      if (io.faults() == 0) break;
    }
  }
}

TEST_F(PageRepairTest, without_room_for_the_new_database_changes_nothing) {
  zero(root());
  const Bytes damaged = image();
  FaultyIo io;
  EngineHooks hooks;
  hooks.io = &io;
  io.fail("fallocate", 1, ENOSPC);

  expect_kind(ErrorKind::full, [&] { repair_lmdb(options(), RepairMode::fix, hooks); });

  EXPECT_EQ(image(), damaged);
  EXPECT_FALSE(std::filesystem::exists(options().path / "second"));
}

TEST_F(PageRepairTest, process_killed_at_any_point_loses_nothing) {
  zero(root());
  const Bytes damaged = image();
  for (std::uint64_t k = 1;; k += rounds(5, 1)) {
    write_closed(damaged);
    const ChildEnd end = run_in_child([&] {
      FaultyIo io;
      EngineHooks hooks;
      hooks.io = &io;
      io.run_at("any", k, [] { ::kill(::getpid(), SIGKILL); });
      io.run_at("point", k, [] { ::kill(::getpid(), SIGKILL); });
      repair_lmdb(options(), RepairMode::fix, hooks);
      return 0;
    });
    repair_lmdb(options());
    ASSERT_EQ(expect_right_ones(), 0U) << "call " << k;
    if (end.is_good()) break;
    ASSERT_EQ(end.signal, SIGKILL) << end;
  }
}

}  // namespace
}  // namespace larder::test
