// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "larder/cache/cache.h"
#include "larder/core/clock.h"
#include "support/engine_under_test.h"
#include "support/expect_kind.h"
#include "support/temp_dir.h"

namespace larder::test {

using namespace std::chrono_literals;

/// A cache on each engine, with a clock that stands still, and a check of all records, indexes and
/// counters after every test.
class CacheTest : public testing::TestWithParam<EngineUnderTest> {
 protected:
  CacheTest()
      : engine_(
            GetParam().open({.directory = folder_ / "db", .durability = Durability::disposable})) {}

  void TearDown() override {
    if (is_damaged_) return;
    const VerifyReport report = open().verify();
    EXPECT_EQ(report.problems, std::vector<std::string>{});
    EXPECT_EQ(report.entries, open().size());
    EXPECT_EQ(report.bytes, open().bytes());
  }

  /// Another handle, with all that a new process would read afresh.
  [[nodiscard]] Cache open(const CacheSettings& settings = {}) {
    return Cache(engine_, settings, hooks());
  }

  [[nodiscard]] CacheHooks hooks() {
    return {.clock = &clock_, .log = [this](LogLevel level, std::string_view message) {
              if (level >= LogLevel::warning) log_.emplace_back(message);
            }};
  }

  /// The keys in insertion order, as text.
  [[nodiscard]] static std::vector<std::string> keys(const Cache& cache,
                                                     KeyOrder order = KeyOrder::insertion,
                                                     Direction direction = Direction::forward) {
    std::vector<std::string> found;
    for (const Key& key : cache.keys(order, direction)) found.push_back(key.as<std::string>());
    return found;
  }

  /// Where the record of `key` is in the engine: docs/format/cache.md.
  [[nodiscard]] static Bytes record_of(const Key& key) {
    Bytes at = to_bytes(as_bytes("cache\x05"));
    append(at, key.bytes());
    return at;
  }

  /// Changes one byte of the stored record of `key`, counted from the end.
  void flip(const Key& key, std::size_t from_end = 1, std::byte mask = std::byte{1}) {
    engine_->update([&](WriteTxn& txn) {
      Bytes record = to_bytes(txn.get(record_of(key)).value());
      record.at(record.size() - from_end) ^= mask;
      txn.put(record_of(key), record);
    });
  }

  /// The test leaves damage behind on purpose.
  void leave_damaged() { is_damaged_ = true; }

  TempDir folder_;
  ManualClock clock_;
  std::vector<std::string> log_;
  EnginePtr engine_;

 private:
  bool is_damaged_ = false;
};

/// For what takes several processes.
class PersistentCacheTest : public CacheTest {};

using Strings = std::vector<std::string>;

}  // namespace larder::test
