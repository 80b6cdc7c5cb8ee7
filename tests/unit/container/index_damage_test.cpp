// SPDX-License-Identifier: Apache-2.0

// Whatever byte of an index is damaged: what it returns is what was stored, or `corrupt`.

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "container/index_place.h"
#include "larder/container/index.h"
#include "records.h"
#include "support/expect_kind.h"

namespace larder::test {
namespace {

using Ages = Index<std::string, int>;
using Pairs = std::vector<std::pair<std::string, int>>;

/// Looks at all of it in every way.
Pairs look(const EnginePtr& engine) {
  const Ages ages(engine, "ages");
  Pairs seen = ages.snapshot();
  Pairs by_key = ages.snapshot(KeyOrder::key);
  EXPECT_EQ(by_key.size(), ages.size());
  for (const auto& [key, age] : by_key) EXPECT_EQ(ages.at(key), age);
  return seen;
}

class IndexDamage : public testing::Test {
 protected:
  const Pairs model_ = {{"eve", 1}, {"ann", 2}, {"bob", 3}};
  EnginePtr engine_ = open_memory_engine();
  Ages ages_{engine_, "ages"};

  void SetUp() override { ages_.update(model_); }
};

TEST_F(IndexDamage, a_flipped_bit_is_reported_and_never_returned) {
  ASSERT_EQ(look(engine_), model_);
  for (const Stored& record : all_of(*engine_)) {
    for (std::size_t at = 0; at < record.value.size(); ++at) {
      Bytes damaged = record.value;
      damaged[at] ^= std::byte{0x10};
      put(*engine_, record.key, damaged);
      expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(look(engine_)); });
      put(*engine_, record.key, BytesView(record.value).first(at));
      expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(look(engine_)); });
    }
    put(*engine_, record.key, record.value);
  }
  EXPECT_EQ(look(engine_), model_);
}

TEST_F(IndexDamage, a_record_in_the_place_of_another_is_reported) {
  const std::vector<Stored> records = all_of(*engine_);
  for (std::size_t i = 0; i < records.size(); ++i) {
    put(*engine_, records[i].key, records[(i + 1) % records.size()].value);
    expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(look(engine_)); });
    put(*engine_, records[i].key, records[i].value);
  }
}

TEST_F(IndexDamage, an_order_that_leads_nowhere_is_reported) {
  const Bytes record = to_bytes(Key("bob").bytes());
  for (const Stored& stored : all_of(*engine_)) {
    if (stored.key.size() < record.size() ||
        !equal(BytesView(stored.key).last(record.size()), record)) {
      continue;
    }
    engine_->update([&](WriteTxn& txn) { txn.erase(stored.key); });
    expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(ages_.snapshot()); });
    expect_kind(ErrorKind::corrupt, [&] { ages_.pop_last(); });
    EXPECT_EQ(ages_.get("bob"), std::nullopt);
    EXPECT_EQ(ages_.pop_first(), model_.front());
    return;
  }
  FAIL() << "there is no such record";
}

class IndexErase : public IndexDamage {
 protected:
  [[nodiscard]] static Bytes order_key(std::int64_t number) {
    return to_bytes(Subspace("index", "ages").key(IndexSpace::order, number).view());
  }
  [[nodiscard]] static Bytes entry_key(std::string_view key) {
    auto result = Subspace("index", "ages").key(IndexSpace::entry);
    result.append(Key(key).bytes());
    return to_bytes(result.view());
  }
  void spoil(const Bytes& key) { put(*engine_, key, as_bytes("nonsense")); }

  using Subspace = detail::Subspace;
  using IndexSpace = detail::IndexSpace;
};

TEST_F(IndexErase, a_damaged_entry_goes_with_its_place) {
  spoil(entry_key("ann"));
  expect_kind(ErrorKind::corrupt, [&] { ages_.pop("ann"); });
  expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(ages_.snapshot()); });
  EXPECT_TRUE(ages_.erase("ann"));
  EXPECT_FALSE(ages_.erase("ann"));
  EXPECT_EQ(ages_.size(), 2U);
  EXPECT_EQ(look(engine_), (Pairs{{"eve", 1}, {"bob", 3}}));
  ages_.put("ann", 4);
  EXPECT_EQ(look(engine_), (Pairs{{"eve", 1}, {"bob", 3}, {"ann", 4}}));
}

TEST_F(IndexErase, an_entry_whose_place_is_damaged_goes_with_it) {
  spoil(order_key(1));
  EXPECT_TRUE(ages_.erase("ann"));
  EXPECT_EQ(look(engine_), (Pairs{{"eve", 1}, {"bob", 3}}));
}

TEST_F(IndexErase, a_damaged_entry_that_has_no_place_goes_alone) {
  spoil(entry_key("ann"));
  engine_->update([](WriteTxn& txn) { txn.erase(order_key(1)); });
  EXPECT_TRUE(ages_.erase("ann"));
  EXPECT_EQ(look(engine_), (Pairs{{"eve", 1}, {"bob", 3}}));
}

TEST_F(IndexErase, nothing_is_erased_while_its_place_may_be_any_damaged_one) {
  spoil(entry_key("ann"));
  spoil(order_key(1));
  expect_kind(ErrorKind::corrupt, [&] { ages_.erase("ann"); });
  EXPECT_EQ(ages_.size(), 3U);
  EXPECT_EQ(ages_.clear(), 3U);
}

}  // namespace
}  // namespace larder::test
