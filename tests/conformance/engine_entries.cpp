// SPDX-License-Identifier: Apache-2.0
// Single keys: what is put is found again, whatever it looks like.
#include <gmock/gmock.h>

#include "conformance/engine_suite.h"
#include "larder/core/error.h"
#include "larder/core/random.h"
#include "support/expect_kind.h"

namespace larder::test {

namespace {

std::string noise(std::size_t size, std::uint64_t seed) {
  Random random(seed);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random() & 0xffU);
  return text;
}

}  // namespace

TEST_P(EngineSuite, new_engine_is_empty) {
  EXPECT_EQ(get(engine(), "key"), std::nullopt);
  EXPECT_TRUE(entries(engine()).empty());
}

TEST_P(EngineSuite, put_value_is_found) {
  put(engine(), "key", "value");

  EXPECT_EQ(get(engine(), "key"), "value");
  EXPECT_EQ(get(engine(), "ke"), std::nullopt);
  EXPECT_EQ(get(engine(), "key2"), std::nullopt);
}

TEST_P(EngineSuite, put_replaces) {
  put(engine(), "key", "a long first value");
  put(engine(), "key", "second");

  EXPECT_EQ(get(engine(), "key"), "second");
  EXPECT_EQ(entries(engine()).size(), 1U);
}

TEST_P(EngineSuite, erase_tells_whether_the_key_was_there) {
  put(engine(), "key", "value");

  EXPECT_TRUE(erase(engine(), "key"));
  EXPECT_FALSE(erase(engine(), "key"));
  EXPECT_EQ(get(engine(), "key"), std::nullopt);
}

TEST_P(EngineSuite, erased_key_can_be_put_again) {
  put(engine(), "key", "one");
  erase(engine(), "key");
  put(engine(), "key", "two");

  EXPECT_EQ(get(engine(), "key"), "two");
}

TEST_P(EngineSuite, empty_value_is_a_value) {
  put(engine(), "key", "");

  EXPECT_EQ(get(engine(), "key"), "");
  EXPECT_TRUE(erase(engine(), "key"));
}

TEST_P(EngineSuite, empty_key_is_refused) {
  expect_kind(ErrorKind::invalid_argument, [&] { put(engine(), "", "value"); });
  expect_kind(ErrorKind::invalid_argument, [&] { (void)get(engine(), ""); });
  expect_kind(ErrorKind::invalid_argument, [&] { erase(engine(), ""); });
}

TEST_P(EngineSuite, keys_and_values_are_binary) {
  const std::string zero(1, '\0');
  const std::string key = zero + "\xff\n\x80" + zero;
  put(engine(), key, zero + zero);
  put(engine(), zero, "zero");
  put(engine(), "\xff", "last");

  EXPECT_EQ(get(engine(), key), zero + zero);
  EXPECT_EQ(get(engine(), zero), "zero");
  EXPECT_EQ(get(engine(), zero + zero), std::nullopt);
  EXPECT_EQ(entries(engine()).back().first, "\xff");
}

TEST_P(EngineSuite, keys_of_any_length_are_found) {
  // Around the lengths where an engine may change how it stores a key.
  const std::vector<std::size_t> lengths = {1,   2,    478,   479,   480,   481,   482,
                                            494, 495,  496,   497,   510,   511,   512,
                                            513, 1000, 10000, 65535, 65536, 100000};
  engine().update([&](WriteTxn& txn) {
    for (const std::size_t length : lengths) {
      txn.put(as_bytes(std::string(length, 'k')), as_bytes(std::to_string(length)));
    }
  });

  for (const std::size_t length : lengths) {
    EXPECT_EQ(get(engine(), std::string(length, 'k')), std::to_string(length)) << length;
    EXPECT_EQ(get(engine(), std::string(length, 'k') + "x"), std::nullopt) << length;
  }
  EXPECT_EQ(entries(engine()).size(), lengths.size());
}

TEST_P(EngineSuite, long_keys_with_a_common_beginning_are_told_apart) {
  const std::string common(5000, 'c');
  for (int i = 0; i < 50; ++i) put(engine(), common + std::to_string(i), std::to_string(i));

  for (int i = 0; i < 50; i += 2) EXPECT_TRUE(erase(engine(), common + std::to_string(i)));

  for (int i = 0; i < 50; ++i) {
    const auto expected = i % 2 == 0 ? std::nullopt : std::optional<std::string>(std::to_string(i));
    EXPECT_EQ(get(engine(), common + std::to_string(i)), expected) << i;
  }
  EXPECT_EQ(get(engine(), common), std::nullopt);
}

TEST_P(EngineSuite, values_of_many_sizes_come_back_whole) {
  for (const std::size_t size :
       {1UL, 7UL, 8UL, 9UL, 100UL, 2000UL, 4080UL, 4096UL, 4097UL, 65536UL, 1000000UL, 9000000UL}) {
    const std::string value = noise(size, size);
    put(engine(), "key" + std::to_string(size), value);
    EXPECT_TRUE(get(engine(), "key" + std::to_string(size)) == value) << size;
  }
}

TEST_P(EngineSuite, value_of_64_mib_comes_back_whole) {
  const std::string value = noise(std::size_t{64} << 20U, 1);
  put(engine(), "big", value);
  put(engine(), "small", "s");

  EXPECT_TRUE(get(engine(), "big") == value);
  EXPECT_EQ(get(engine(), "small"), "s");
  EXPECT_TRUE(erase(engine(), "big"));
  EXPECT_EQ(get(engine(), "big"), std::nullopt);
}

TEST_P(EngineSuite, value_may_grow_and_shrink) {
  for (const std::size_t size : {10UL, 100000UL, 0UL, 5000UL, 4000000UL, 1UL}) {
    const std::string value = noise(size, size);
    put(engine(), "key", value);
    EXPECT_TRUE(get(engine(), "key") == value) << size;
  }
}

TEST_P(EngineSuite, hundred_thousand_entries_in_one_update) {
  const auto key = [](int i) { return "key" + std::to_string(i); };
  engine().update([&](WriteTxn& txn) {
    for (int i = 0; i < 100000; ++i) {
      txn.put(as_bytes(key(i)), as_bytes(std::to_string(i * 7)));
    }
  });

  std::uint64_t seen = 0;
  engine().view([&](ReadTxn& txn) {
    for (int i = 0; i < 100000; i += 997) EXPECT_EQ(get(txn, key(i)), std::to_string(i * 7));
    txn.scan({}, Direction::forward, [&](BytesView, BytesView) {
      ++seen;
      return Visit::more;
    });
  });
  EXPECT_EQ(seen, 100000U);
}

TEST_P(EngineSuite, many_small_updates_add_up) {
  for (int i = 0; i < 3000; ++i) put(engine(), "key" + std::to_string(i % 500), std::to_string(i));

  for (int i = 0; i < 500; ++i) {
    EXPECT_EQ(get(engine(), "key" + std::to_string(i)), std::to_string(2500 + i));
  }
  EXPECT_EQ(entries(engine()).size(), 500U);
}

TEST_P(EngineSuite, info_counts_entries) {
  for (int i = 0; i < 10; ++i) put(engine(), "key" + std::to_string(i), "value");
  erase(engine(), "key3");

  const EngineInfo info = engine().info();

  EXPECT_EQ(info.entries, 9U);
  EXPECT_FALSE(info.uri.empty());
}

TEST_P(EngineSuite, clock_is_the_one_it_was_opened_with) {
  const ManualClock clock;
  EngineSettings with_clock = settings();
  with_clock.directory += "-clock";
  with_clock.hooks.clock = &clock;

  const EnginePtr other = open(with_clock);

  EXPECT_EQ(&other->clock(), &clock);
}

}  // namespace larder::test
