// SPDX-License-Identifier: Apache-2.0

// Whatever byte of an index is damaged: what it returns is what was stored, or `corrupt`.

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

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

}  // namespace
}  // namespace larder::test
