// SPDX-License-Identifier: Apache-2.0
// Generations: what is kept outside of an engine is given up in time.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "conformance/engine_suite.h"
#include "support/child.h"

namespace larder::test {
namespace {

/// Keeps one value outside of the engine, as the header says.
class Keeper {
 public:
  Keeper(Engine& engine, std::string key)
      : engine_(engine), key_(std::move(key)), generation_(engine.generation(as_bytes(key_))) {}

  /// The value, from here or from the engine.
  std::optional<std::string> get() {
    if (is_kept()) return value_;
    const std::uint64_t seen = generation_->load();
    const bool may_be_kept = seen <= engine_.sequence();
    value_ = test::get(engine_, key_);
    kept_ = may_be_kept ? std::optional(seen) : std::nullopt;
    return value_;
  }
  [[nodiscard]] bool is_kept() const { return kept_ && generation_->load() == *kept_; }

 private:
  Engine& engine_;
  std::string key_;
  const std::atomic<std::uint64_t>* generation_;
  std::optional<std::uint64_t> kept_;
  std::optional<std::string> value_;
};

}  // namespace

TEST_P(EngineSuite, value_can_be_kept_until_it_changes) {
  put(engine(), "k", "old");
  Keeper keeper(engine(), "k");
  EXPECT_EQ(keeper.get(), "old");
  EXPECT_TRUE(keeper.is_kept());

  put(engine(), "k", "new");
  EXPECT_FALSE(keeper.is_kept());
  EXPECT_EQ(keeper.get(), "new");
  EXPECT_TRUE(keeper.is_kept());

  EXPECT_TRUE(erase(engine(), "k"));
  EXPECT_EQ(keeper.get(), std::nullopt);
  put(engine(), "k", "again");
  EXPECT_TRUE(keeper.get() == "again" && keeper.is_kept());
  engine().update([](WriteTxn& txn) { txn.erase_range({}); });
  EXPECT_EQ(keeper.get(), std::nullopt);
}

TEST_P(EngineSuite, key_of_any_length_has_a_generation) {
  const std::string key(5'000, 'k');
  put(engine(), key, "old");
  Keeper keeper(engine(), key);
  EXPECT_EQ(keeper.get(), "old");
  put(engine(), key, std::string(3'000'000, 'n'));  // too large for the log
  EXPECT_EQ(keeper.get(), std::string(3'000'000, 'n'));
}

TEST_P(EngineSuite, nothing_is_kept_that_an_update_has_not_committed) {
  put(engine(), "k", "old");
  Keeper keeper(engine(), "k");
  EXPECT_THROW(engine().update([&](WriteTxn& txn) {
    txn.put(as_bytes("k"), as_bytes("never"));
    EXPECT_EQ(keeper.get(), "never");
    EXPECT_FALSE(keeper.is_kept());
    throw std::runtime_error("undone");
  }),
               std::runtime_error);
  EXPECT_EQ(keeper.get(), "old");
  put(engine(), "other", "1");  // takes the number of the update that was undone
  put(engine(), "k", "new");
  EXPECT_EQ(keeper.get(), "new");
}

TEST_P(EngineSuite, no_commit_is_missed_while_threads_write) {
  put(engine(), "k", "0");
  std::atomic<int> acknowledged = 0;
  std::thread writer([&] {
    for (int i = 1; i <= 3'000; ++i) {
      put(engine(), "k", std::to_string(i));
      acknowledged = i;
    }
  });
  std::vector<std::thread> readers;
  readers.reserve(2);
  std::atomic<int> missed = 0;
  for (int t = 0; t < 2; ++t) {
    readers.emplace_back([&] {
      Keeper keeper(engine(), "k");
      for (int least = 0; least < 3'000;) {
        least = acknowledged;
        if (std::stoi(keeper.get().value_or("-1")) < least) ++missed;
      }
    });
  }
  writer.join();
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(missed, 0);
}

TEST_P(PersistentEngineSuite, commit_of_another_process_is_not_missed) {
  put(engine(), "k", "0");
  Keeper keeper(engine(), "k");
  for (int i = 1; i <= 20; ++i) {
    static_cast<void>(keeper.get());
    const ChildEnd end = run_in_child([&] {
      const EnginePtr mine = open();
      put(*mine, "k", std::to_string(i));
      return 0;
    });
    ASSERT_TRUE(end.is_good()) << end;
    EXPECT_EQ(keeper.get(), std::to_string(i));
  }
}

}  // namespace larder::test
