// SPDX-License-Identifier: Apache-2.0

// Several segments as one: of each key the newest entry, in key order.

#include "engine/lmdb/log_merge.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/temp_dir.h"

namespace larder::lmdb {
namespace {

using test::memory_folder;
using test::TempDir;

class LogMergeTest : public testing::Test {
 protected:
  LogMergeTest() : folder_(memory_folder()) {
    for (std::uint32_t number = 0; number < segments_.size(); ++number) {
      segments_[number] = std::make_unique<Segment>(Io::system(), folder_.path(), number, 0600);
    }
    empty();
  }
  /// Segment `number` is the older the smaller its number.
  void empty() {
    std::uint64_t base = 1;
    for (auto& segment : segments_) segment->reset(base++, log_min_bytes);
  }
  void put(std::size_t number, std::string_view key, std::string_view value) {
    segments_[number]->add({.key = as_bytes(key), .value = as_bytes(value)}, random_);
  }
  void erase(std::size_t number, std::string_view key) {
    segments_[number]->add({.key = as_bytes(key), .value = {}, .erased = true}, random_);
  }
  [[nodiscard]] Layers all() const {
    Layers layers;
    for (const auto& segment : segments_) layers.add({segment.get(), not_sealed});
    layers.sort();
    return layers;
  }
  static std::string told(LogMerge at) {
    std::string text;
    for (; !at.ended(); at.next()) {
      text += std::string(as_text(at.entry().key)) +
              (at.entry().erased ? "-" : "=" + std::string(as_text(at.entry().value))) + " ";
    }
    return text;
  }

  TempDir folder_;
  std::array<std::unique_ptr<Segment>, 3> segments_;
  Random random_{1};
};

TEST_F(LogMergeTest, nothing_merges_to_nothing) {
  EXPECT_TRUE(LogMerge(Layers(), {}).ended());
  EXPECT_TRUE(LogMerge(all(), {}).ended());
}

TEST_F(LogMergeTest, newest_entry_of_each_key_counts) {
  put(0, "a", "old");
  put(0, "b", "kept");
  put(0, "c", "gone");
  put(1, "a", "middle");
  put(2, "a", "newer");
  put(2, "a", "newest");
  erase(1, "c");
  put(2, "d", "late");

  EXPECT_EQ(told(LogMerge(all(), {})), "a=newest b=kept c- d=late ");
}

TEST_F(LogMergeTest, layers_are_sorted_by_their_base) {
  put(0, "a", "old");
  put(1, "a", "new");
  Layers layers;
  layers.add({segments_[0].get(), not_sealed});
  layers.add({segments_[1].get(), not_sealed});

  layers.sort();

  EXPECT_EQ(layers.newest().segment, segments_[1].get());
  EXPECT_EQ(told(LogMerge(layers, {})), "a=new ");
}

TEST_F(LogMergeTest, entries_beyond_a_limit_hide_nothing) {
  put(0, "a", "old");
  put(1, "a", "new");
  Layers layers;
  layers.add({segments_[1].get(), log_data_begin});
  layers.add({segments_[0].get(), not_sealed});

  EXPECT_EQ(told(LogMerge(layers, {})), "a=old ");
}

TEST_F(LogMergeTest, starts_where_it_is_told) {
  for (const char* key : {"a", "b", "c"}) put(1, key, "1");
  EXPECT_EQ(told(LogMerge(all(), as_bytes("aa"))), "b=1 c=1 ");
}

TEST_F(LogMergeTest, copy_goes_on_from_the_same_place) {
  for (const char* key : {"a", "b", "c"}) put(key[0] == 'b' ? 1 : 2, key, "1");
  LogMerge at(all(), {});
  at.next();
  const LogMerge copy = at;
  at.next();

  EXPECT_EQ(told(at), "c=1 ");
  EXPECT_EQ(told(copy), "b=1 c=1 ");
}

TEST_F(LogMergeTest, is_what_a_map_would_hold) {
  EXPECT_TRUE(rc::check([this] {
    empty();
    std::map<std::string, std::string> expected;
    for (std::size_t number = 0; number < segments_.size(); ++number) {
      const auto changes = *rc::gen::container<std::vector<std::pair<int, bool>>>(
          rc::gen::pair(rc::gen::inRange(0, 40), rc::gen::arbitrary<bool>()));
      for (const auto& [name, erased] : changes) {
        const std::string key = "key" + std::to_string(name);
        const std::string value = std::to_string(random_());
        if (erased) {
          erase(number, key);
        } else {
          put(number, key, value);
        }
        expected[key] = erased ? "-" : "=" + value;
      }
    }
    std::string text;
    for (const auto& [key, value] : expected) text += key + value + " ";
    RC_ASSERT(told(LogMerge(all(), {})) == text);
  }));
}

}  // namespace
}  // namespace larder::lmdb
