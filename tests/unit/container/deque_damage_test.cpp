// SPDX-License-Identifier: Apache-2.0

// Whatever byte of a deque is damaged: what it returns is what was stored, or `corrupt`.

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "container/run_tree.h"
#include "larder/container/deque.h"
#include "larder/core/error.h"
#include "larder/core/random.h"
#include "records.h"
#include "support/expect_kind.h"

namespace larder::test {
namespace {

using Texts = std::vector<std::string>;

/// Looks at all of it in every way.
Texts look(const EnginePtr& engine) {
  const Deque<std::string> deque(engine, "letters");
  Texts seen;
  for (std::uint64_t i = 0; i < deque.size(); ++i) seen.push_back(deque.at(i));
  EXPECT_EQ(deque.snapshot(), seen);
  return seen;
}

/// So many runs that there are nodes.
EnginePtr scattered(Texts& model) {
  EnginePtr engine = open_memory_engine();
  Deque<std::string> deque(engine, "letters");
  Random random(1);
  engine->update([&](WriteTxn&) {
    for (std::uint64_t i = 0; i < 100; ++i) {
      const std::uint64_t index = random.below(i + 1);
      deque.insert(index, std::to_string(i));
      model.insert(model.begin() + static_cast<std::ptrdiff_t>(index), std::to_string(i));
    }
  });
  return engine;
}

TEST(DequeDamage, a_flipped_bit_is_reported_and_never_returned) {
  Texts model;
  const EnginePtr engine = scattered(model);
  ASSERT_EQ(look(engine), model);
  const std::vector<Stored> records = all_of(*engine);
  ASSERT_GT(records.size(), model.size() + 1) << "no nodes";

  for (const Stored& record : records) {
    for (std::size_t at = 0; at < record.value.size(); at += 1 + record.value.size() / 12) {
      Bytes damaged = record.value;
      damaged[at] ^= std::byte{0x10};
      put(*engine, record.key, damaged);
      expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(look(engine)); });
    }
    put(*engine, record.key, BytesView(record.value).first(record.value.size() / 2));
    expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(look(engine)); });
    put(*engine, record.key, record.value);
  }
  EXPECT_EQ(look(engine), model);
}

TEST(DequeDamage, a_record_in_the_place_of_another_is_reported) {
  Texts model;
  const EnginePtr engine = scattered(model);
  const std::vector<Stored> records = all_of(*engine);
  for (std::size_t i = 0; i < records.size(); ++i) {
    const Stored& other = records[(i + 1) % records.size()];
    put(*engine, records[i].key, other.value);
    expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(look(engine)); });
    put(*engine, records[i].key, records[i].value);
  }
}

TEST(DequeDamage, a_missing_record_is_reported) {
  Texts model;
  const EnginePtr engine = scattered(model);
  for (const Stored& record : all_of(*engine)) {
    engine->update([&](WriteTxn& txn) { txn.erase(record.key); });
    // Without its settings there is no deque.
    if (engine->view([&](ReadTxn& txn) {
          return txn.get(detail::Subspace("deque", "letters").key(detail::DequeSpace::meta).view());
        })) {
      expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(look(engine)); });
    } else {
      EXPECT_EQ(look(engine), Texts{});
    }
    put(*engine, record.key, record.value);
  }
  EXPECT_EQ(look(engine), model);
}

TEST(DequeDamage, a_damaged_item_stays_until_it_is_erased) {
  const EnginePtr engine = open_memory_engine();
  Deque<std::string> deque(engine, "letters");
  deque.extend(Texts{"a", "b"});
  const auto key = detail::Subspace("deque", "letters").key(detail::DequeSpace::item, 0);
  put(*engine, key.view(), as_bytes("nonsense"));

  expect_kind(ErrorKind::corrupt, [&] { deque.pop_front(); });
  expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(deque.peek_front()); });
  EXPECT_EQ(deque.size(), 2U);
  EXPECT_EQ(deque.at(1), "b");
  EXPECT_TRUE(deque.erase(0));
  EXPECT_EQ(deque.pop_front(), "b");
}

using Numbers = std::vector<int>;

class DequeTakeDamage : public testing::Test {
 protected:
  DequeTakeDamage() { jobs_.extend(Numbers{1, 2, 3}); }

  [[nodiscard]] Bytes key_of(std::uint8_t space, std::int64_t number) const {
    return to_bytes(detail::Subspace("deque", "jobs").key(space, number).view());
  }
  void spoil(std::uint8_t space, std::int64_t number) {
    put(*engine_, key_of(space, number), as_bytes("nonsense"));
  }
  void lose(std::uint8_t space, std::int64_t number) {
    engine_->update([&](WriteTxn& txn) { txn.erase(key_of(space, number)); });
  }
  [[nodiscard]] std::uint64_t records() { return all_of(*engine_).size(); }

  ManualClock clock_;
  EnginePtr engine_ = open_memory_engine({.clock = &clock_});
  Deque<int> jobs_{engine_, "jobs"};
};

TEST_F(DequeTakeDamage, a_damaged_item_goes_to_the_dead_letters_and_holds_up_nobody) {
  spoil(detail::DequeSpace::item, 0);
  lose(detail::DequeSpace::item, 1);
  auto third = jobs_.take_front();
  EXPECT_EQ(**third, 3);
  EXPECT_EQ(third->attempts(), 1U);

  Deque<int> dead = jobs_.dead_letters();
  EXPECT_EQ(dead.size(), 2U);
  expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(dead.get(0)); });
  expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(dead.snapshot()); });
  EXPECT_EQ(jobs_.requeue_dead_letters(), 0U);
  EXPECT_TRUE(dead.erase(0));
  EXPECT_EQ(dead.clear(), 1U);
}

TEST_F(DequeTakeDamage, an_item_that_decodes_to_nothing_goes_to_the_dead_letters) {
  const auto key = detail::Subspace("deque", "jobs").key(detail::DequeSpace::item, 0);
  engine_->update([&](WriteTxn& txn) {
    detail::Subspace::put(txn, key, detail::item_type<int>().schema, as_bytes("\xc1"));
  });
  EXPECT_EQ(**jobs_.take_front(), 2);
  EXPECT_EQ(jobs_.dead_letters().size(), 1U);
}

TEST_F(DequeTakeDamage, an_item_that_is_damaged_while_it_is_taken_comes_back_as_damaged) {
  auto first = jobs_.take_front();
  spoil(detail::DequeSpace::item, 0);
  first->give_back();
  expect_kind(ErrorKind::corrupt, [&] { jobs_.pop_front(); });
  EXPECT_EQ(**jobs_.take_front(), 2);
}

TEST_F(DequeTakeDamage, an_item_whose_record_of_being_taken_is_damaged_is_a_dead_letter) {
  auto first = jobs_.take_front(std::chrono::seconds{10});
  auto second = jobs_.take_front(std::chrono::seconds{10});
  auto third = jobs_.take_front(std::chrono::seconds{20});
  spoil(detail::DequeSpace::taken, 0);
  lose(detail::DequeSpace::taken, 1);
  expect_kind(ErrorKind::corrupt, [&] { first->done(); });
  expect_kind(ErrorKind::invalid_argument, [&] { second->done(); });
  EXPECT_EQ(jobs_.taken(), 3U);
  clock_.advance(std::chrono::seconds{10});
  EXPECT_EQ(jobs_.bring_back(), 2U);
  EXPECT_EQ(jobs_.dead_letters().snapshot(), (Numbers{1, 2}));
  EXPECT_EQ(jobs_.taken(), 1U);
  third->done();
  EXPECT_EQ(jobs_.requeue_dead_letters(), 2U);
  EXPECT_EQ(jobs_.snapshot(), (Numbers{1, 2}));
}

TEST_F(DequeTakeDamage, an_item_whose_attempts_are_not_known_is_a_dead_letter) {
  jobs_.take_front()->give_back();
  spoil(detail::DequeSpace::attempts, 0);
  EXPECT_EQ(**jobs_.take_front(), 2);
  EXPECT_EQ(jobs_.dead_letters().snapshot(), Numbers{1});
  EXPECT_EQ(jobs_.clear(), 2U);
}

TEST_F(DequeTakeDamage, a_taker_whose_record_is_damaged_loses_what_it_has) {
  auto first = jobs_.take_front();
  for (const Stored& record : all_of(*engine_)) {
    const auto takers = detail::Subspace("deque", "jobs").range(detail::DequeSpace::taker);
    if (record.key < takers.begin || !(record.key < *takers.end)) continue;
    put(*engine_, record.key, as_bytes("nonsense"));
  }
  EXPECT_EQ(**jobs_.take_front(), 1);
  expect_kind(ErrorKind::invalid_argument, [&] { first->done(); });
}

TEST_F(DequeTakeDamage, no_record_is_left_of_what_was_taken) {
  const std::uint64_t before = records();
  jobs_.set_max_attempts(2);
  auto first = jobs_.take_front();
  const std::uint64_t with_one = records();
  first->give_back();
  EXPECT_EQ(records(), with_one);
  jobs_.take_front()->done();
  jobs_.take_front().reset();
  jobs_.pop_front();
  while (jobs_.take_front()) continue;
  jobs_.dead_letters().clear();
  jobs_.extend(Numbers{4, 5, 6});
  // But the taker, and the settings of the dead letters.
  EXPECT_EQ(records(), before + 2);
}

}  // namespace
}  // namespace larder::test
