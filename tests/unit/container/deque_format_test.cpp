// SPDX-License-Identifier: Apache-2.0

// What deques were before items could be taken is read, and still written where nothing is taken.

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "container/deque_meta.h"
#include "larder/container/deque.h"
#include "larder/core/error.h"
#include "records.h"
#include "support/expect_kind.h"
#include "support/hex.h"

namespace larder::test {
namespace {

using Numbers = std::vector<int>;
using Record = std::pair<const char*, const char*>;

/// The records of `make()` in format 1, written by a release that knew no other.
constexpr std::array<Record, 6> format_1{{
    {"00 30 64 65 71 75 65 00 01 30 6f 6c 64 00 01 01",
     "cb e9 98 08 13 d0 fa eb 01 01 00 00 3e c8 d4 2b 19 ff 9f 2b 1d 00 00 00 00 00 00 00 "
     "99 01 cf 2b 9f ff 19 2b d4 c8 3e a3 69 6e 74 09 04 fe 01 00 98 02 01 ff 01 03 01 00 "
     "02"},
    {"00 30 64 65 71 75 65 00 01 30 6f 6c 64 00 01 03 17 fe",
     "79 0c 9c f2 44 3c 28 6d 01 01 00 00 3e c8 d4 2b 19 ff 9f 2b 01 00 00 00 00 00 00 00 "
     "07"},
    {"00 30 64 65 71 75 65 00 01 30 6f 6c 64 00 01 03 18",
     "3f b8 a0 60 80 fb 99 1e 01 01 00 00 3e c8 d4 2b 19 ff 9f 2b 01 00 00 00 00 00 00 00 "
     "00"},
    {"00 30 64 65 71 75 65 00 01 30 6f 6c 64 00 01 03 19 01",
     "e8 c8 33 a3 ff a0 b8 6a 01 01 00 00 3e c8 d4 2b 19 ff 9f 2b 01 00 00 00 00 00 00 00 "
     "64"},
    {"00 30 64 65 71 75 65 00 01 30 6f 6c 64 00 01 03 19 02",
     "e2 b6 55 eb ce 34 fe 73 01 01 00 00 3e c8 d4 2b 19 ff 9f 2b 02 00 00 00 00 00 00 00 "
     "cc c8"},
    {"00 30 64 65 71 75 65 00 01 30 6f 6c 64 00 01 03 19 03",
     "11 25 d5 3c 67 15 00 95 01 01 00 00 3e c8 d4 2b 19 ff 9f 2b 01 00 00 00 00 00 00 00 "
     "05"},
}};

Deque<int> make(const EnginePtr& engine) {
  Deque<int> deque(engine, "old", {.max_size = 9});
  for (int i = 0; i < 3; ++i) deque.push_back(i * 100);
  deque.push_front(7);
  deque.rotate(1);
  deque.insert(2, 5);
  return deque;
}

std::uint64_t format_of(const EnginePtr& engine) {
  return engine->view([](ReadTxn& txn) {
    const detail::Subspace place("deque", "old");
    WireReader in(place.get(txn, place.key(detail::DequeSpace::meta).view(), "settings").payload);
    static_cast<void>(in.read_array());
    return in.read_uint();
  });
}

TEST(DequeFormat, a_deque_of_format_1_is_what_it_was) {
  const EnginePtr engine = open_memory_engine();
  for (const auto& [key, value] : format_1) put(*engine, from_hex(key), from_hex(value));
  Deque<int> deque(engine, "old");
  EXPECT_EQ(deque, (Numbers{200, 7, 5, 0, 100}));
  EXPECT_EQ(deque.max_size(), 9U);
  EXPECT_EQ(deque.max_attempts(), std::nullopt);
  EXPECT_EQ(deque.taken(), 0U);

  EXPECT_EQ(**deque.take_front(), 200);
  EXPECT_EQ(deque, (Numbers{200, 7, 5, 0, 100}));
  EXPECT_EQ(deque.take_front()->attempts(), 2U);
}

TEST(DequeFormat, a_deque_that_nobody_takes_from_stays_in_format_1) {
  const EnginePtr engine = open_memory_engine();
  make(engine);
  std::vector<std::pair<std::string, std::string>> written;
  for (const Stored& record : all_of(*engine)) {
    written.emplace_back(hex(record.key), hex(record.value));
  }
  ASSERT_EQ(written.size(), format_1.size());
  for (std::size_t i = 0; i < written.size(); ++i) {
    EXPECT_EQ(written[i].first, format_1[i].first);
    EXPECT_EQ(written[i].second, format_1[i].second);
  }
}

TEST(DequeFormat, what_others_would_lose_is_in_format_2) {
  const EnginePtr engine = open_memory_engine();
  Deque<int> deque = make(engine);
  EXPECT_EQ(deque.bring_back(), 0U);
  EXPECT_EQ(format_of(engine), 1U);
  deque.set_max_attempts(3);
  EXPECT_EQ(format_of(engine), 2U);
  deque.set_max_attempts(std::nullopt);
  EXPECT_EQ(format_of(engine), 1U);
  deque.take_front()->done();
  EXPECT_EQ(format_of(engine), 2U);
  deque.clear();
  EXPECT_EQ(format_of(engine), 2U) << "tokens would be given twice";
}

TEST(DequeFormat, a_later_format_is_refused_by_name) {
  const EnginePtr engine = open_memory_engine();
  const detail::Subspace place("deque", "old");
  Bytes payload;
  WireWriter out(payload);
  out.write_array(1);
  out.write_uint(3);
  engine->update([&](WriteTxn& txn) {
    detail::Subspace::put(txn, place.key(detail::DequeSpace::meta), 0, payload);
  });
  expect_kind(ErrorKind::not_supported, [&] { Deque<int>(engine, "old"); });
}

}  // namespace
}  // namespace larder::test
