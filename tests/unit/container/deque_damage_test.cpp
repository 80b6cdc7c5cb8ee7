// SPDX-License-Identifier: Apache-2.0

// Whatever byte of a deque is damaged: what it returns is what was stored, or `corrupt`.

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace larder::test
