// SPDX-License-Identifier: Apache-2.0

// One segment of the log: what a reader finds at which limit, and what a writer that died leaves.

#include "engine/lmdb/segment.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/lmdb/log_check.h"
#include "support/temp_dir.h"

namespace larder::lmdb {
namespace {

using test::TempDir;

class SegmentTest : public testing::Test {
 protected:
  SegmentTest() : segment_(Io::system(), folder_.path(), 0, 0600) {
    segment_.reset(1, log_min_bytes);
  }

  void put(std::string_view key, std::string_view value) {
    segment_.add({.key = as_bytes(key), .value = as_bytes(value)}, random_);
  }
  void erase(std::string_view key) {
    segment_.add({.key = as_bytes(key), .value = {}, .erased = true}, random_);
  }
  std::uint64_t commit() {
    const std::uint64_t end = segment_.commit(next_++);
    segment_.settle();
    return end;
  }
  [[nodiscard]] std::string found(std::string_view key, std::uint64_t limit) const {
    const auto entry = segment_.find(as_bytes(key), key_hash(as_bytes(key)), limit);
    if (!entry) return "none";
    return entry->erased ? "erased" : std::string(as_text(entry->value));
  }
  [[nodiscard]] std::string keys(std::uint64_t limit) const {
    std::string all;
    for (Segment::Walk at(segment_, {}, limit); !at.ended(); at.next()) {
      all += std::string(as_text(at.entry().key)) + (at.entry().erased ? "-" : "") + " ";
    }
    return all;
  }
  [[nodiscard]] Bytes log_file() const { return read_file(Io::system(), folder_ / "log-0"); }
  [[nodiscard]] std::map<std::string, std::string> replayed() const {
    std::map<std::string, std::string> state;
    replay_log(log_file(), 1, [&](BytesView key, BytesView value, EntryKind kind) {
      if (kind == EntryKind::erase) {
        state.erase(std::string(as_text(key)));
      } else {
        state[std::string(as_text(key))] = as_text(value);
      }
    });
    return state;
  }

  TempDir folder_;
  Random random_{7};
  std::uint64_t next_ = 1;
  Segment segment_;
};

TEST_F(SegmentTest, finds_each_of_many_keys_that_share_buckets) {
  // More keys than the smallest segment has buckets.
  std::uint64_t limit = 0;
  constexpr int count = 6000;
  for (int i = 0; i < count; ++i) {
    put("key" + std::to_string(i), std::to_string(i));
    if (i % 100 == 99) limit = commit();
  }
  for (int i = 0; i < count; ++i) {
    ASSERT_EQ(found("key" + std::to_string(i), limit), std::to_string(i));
    ASSERT_EQ(found("other" + std::to_string(i), limit), "none");
  }
}

TEST_F(SegmentTest, abandoned_entries_leave_their_buckets) {
  std::uint64_t limit = 0;
  for (int i = 0; i < 3000; ++i) {
    const std::string key = "key" + std::to_string(i % 1000);
    put(key, "kept" + std::to_string(i));
    limit = commit();
    put(key, "gone");
    put("gone" + std::to_string(i), "gone");
    put(key, "gone twice");
    segment_.abandon();
  }
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(found("key" + std::to_string(i), not_sealed), "kept" + std::to_string(2000 + i));
    ASSERT_EQ(found("key" + std::to_string(i), limit), "kept" + std::to_string(2000 + i));
    ASSERT_EQ(found("gone" + std::to_string(i), not_sealed), "none");
  }
}

TEST_F(SegmentTest, finds_the_newest_entry_before_the_limit) {
  put("a", "1");
  const std::uint64_t first = commit();
  put("a", "2");
  erase("b");
  const std::uint64_t second = commit();

  EXPECT_EQ(found("a", first), "1");
  EXPECT_EQ(found("b", first), "none");
  EXPECT_EQ(found("a", second), "2");
  EXPECT_EQ(found("b", second), "erased");
  EXPECT_EQ(found("a", log_data_begin), "none");
}

TEST_F(SegmentTest, walks_keys_in_order_each_once) {
  for (const char* key : {"m", "c", "z", "c", "m", "a", "cc"}) put(key, "x");
  erase("z");
  const std::uint64_t end = commit();

  EXPECT_EQ(keys(end), "a c cc m z- ");
  EXPECT_EQ(as_text(segment_.before(as_bytes("cc"), end)->key), "c");
  EXPECT_EQ(as_text(segment_.before(std::nullopt, end)->key), "z");
  EXPECT_EQ(as_text(segment_.after(as_bytes("c"), end)->key), "cc");
  EXPECT_EQ(as_text(segment_.at_or_after(as_bytes("d"), end)->key), "m");
  EXPECT_FALSE(segment_.before(as_bytes("a"), end));
  EXPECT_FALSE(segment_.after(as_bytes("z"), end));
}

TEST_F(SegmentTest, keys_that_agree_in_their_first_bytes_stay_apart) {
  const std::string common(40, 'k');
  put(common + "2", "two");
  put(common, "none");
  put(common + "1", "one");
  put(common + std::string(1, '\0'), "zero");
  const std::uint64_t end = commit();

  EXPECT_EQ(found(common, end), "none");
  EXPECT_EQ(found(common + "1", end), "one");
  EXPECT_EQ(found(common + "2", end), "two");
  EXPECT_EQ(found(common + std::string(1, '\0'), end), "zero");
}

TEST_F(SegmentTest, an_abandoned_transaction_leaves_nothing) {
  put("a", "1");
  put("b", "1");
  const std::uint64_t before = commit();
  put("a", "lost");
  put("a", "lost again");
  put("c", "lost");
  erase("b");
  segment_.abandon();
  put("d", "1");
  const std::uint64_t after = commit();

  EXPECT_EQ(keys(not_sealed), "a b d ");
  EXPECT_EQ(found("a", after), "1");
  EXPECT_EQ(found("b", after), "1");
  EXPECT_EQ(found("c", after), "none");
  EXPECT_GT(after, before);
  EXPECT_EQ(segment_.last_sequence(after), 2U);
  EXPECT_EQ(replayed(), (std::map<std::string, std::string>{{"a", "1"}, {"b", "1"}, {"d", "1"}}));
}

TEST_F(SegmentTest, repair_keeps_what_was_published_and_drops_what_was_not) {
  put("a", "1");
  const std::uint64_t counted = segment_.commit(1);  // the writer died before it settled
  segment_.repair(counted);
  EXPECT_EQ(segment_.open_bytes(), 0U);
  EXPECT_EQ(keys(not_sealed), "a ");

  put("b", "1");
  static_cast<void>(segment_.commit(2));  // died before the state counted it
  segment_.repair(counted);
  EXPECT_EQ(keys(not_sealed), "a ");
  EXPECT_EQ(segment_.last_sequence(counted), 1U);
  EXPECT_EQ(replayed(), (std::map<std::string, std::string>{{"a", "1"}}));
}

TEST_F(SegmentTest, replay_sees_exactly_the_committed_history) {
  std::map<std::string, std::string> model;
  Random random(3);
  for (int txn = 0; txn < 300; ++txn) {
    auto next = model;
    for (std::uint64_t i = random.below(4); i-- > 0;) {
      const std::string key = "key" + std::to_string(random.below(20));
      if (random.below(3) == 0) {
        erase(key);
        next.erase(key);
      } else {
        const std::string value(random.below(60), 'v');
        put(key, value);
        next[key] = value;
      }
    }
    if (segment_.open_bytes() == 0) continue;
    if (random.below(4) == 0) {
      segment_.abandon();
    } else {
      commit();
      model = next;
    }
  }
  EXPECT_EQ(replayed(), model);
}

TEST_F(SegmentTest, a_segment_used_again_shows_nothing_of_its_past) {
  put("old", "1");
  commit();
  segment_.reset(2, log_min_bytes);
  EXPECT_EQ(keys(not_sealed), "");
  EXPECT_TRUE(replayed().empty());
  put("new", "1");
  commit();
  EXPECT_EQ(keys(not_sealed), "new ");
}

TEST_F(SegmentTest, says_when_it_is_full) {
  const std::string value(1000, 'v');
  int entries = 0;
  while (segment_.has_room(8, value.size(), 0)) {
    put("k" + std::to_string(entries++), value);
  }
  const std::uint64_t end = commit();
  EXPECT_LE(end, log_min_bytes);
  EXPECT_GT(entries, 1000);
  EXPECT_EQ(found("k0", end), value);
  EXPECT_FALSE(segment_.has_room(1, log_max_bytes, 0));
}

}  // namespace
}  // namespace larder::lmdb
