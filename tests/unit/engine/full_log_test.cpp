// SPDX-License-Identifier: Apache-2.0

// A device that has no space for more log: what frees space goes on all the same.

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <map>
#include <string>

#include "larder/core/error.h"
#include "support/engine_under_test.h"
#include "support/faulty_io.h"
#include "support/temp_dir.h"

namespace larder::test {
namespace {

/// An engine on a device that gives new space a number of times, and what must be in it.
class FullLog {
 public:
  explicit FullLog(std::uint64_t given, Durability durability = Durability::consistent)
      : dir_(memory_folder()) {
    settings_ = {.directory = dir_ / "engine", .durability = durability};
    settings_.hooks.io = &io_;
    engine_ = open_lmdb_with(settings_);
    io_.fail_from("fallocate", given + 1, ENOSPC);
  }

  /// Stores values until there is no space for one more.
  void fill() {
    const std::string value(10'000, 'f');
    for (int i = 0; i < 2000; ++i) {
      const std::string key = "fill" + std::to_string(i % 50);
      try {
        put(*engine_, key, value);
      } catch (const Error& error) {
        ASSERT_EQ(error.kind(), ErrorKind::full) << error.what();
        return;
      }
      expected_[key] = value;
    }
  }

  /// An update of several entries that may use the last space there is.
  void free_space(int number) {
    const std::string value = std::to_string(number) + std::string(3'000, 'v');
    const std::string key = "fill" + std::to_string(number % 50);
    const auto body = [&](WriteTxn& txn) {
      for (const char* name : {"a", "b", "c"}) txn.put(as_bytes(name), as_bytes(value));
      txn.erase(as_bytes("b"));
      txn.erase(as_bytes(key));
    };
    engine_->update(body, {.frees_space = true});
    expected_["a"] = expected_["c"] = value;
    expected_.erase(key);
  }

  /// An update of several entries that is to find room where others were erased.
  void store(int number) {
    const std::string value = std::to_string(number) + std::string(3'000, 's');
    engine_->update([&](WriteTxn& txn) {
      for (const char* name : {"a", "b"}) txn.put(as_bytes(name), as_bytes(value));
      txn.erase(as_bytes("b"));
      EXPECT_EQ(as_text(txn.get(as_bytes("a")).value()), value);
    });
    expected_["a"] = value;
  }

  void check() { EXPECT_EQ(entries(*engine_), Entries(expected_.begin(), expected_.end())); }
  void reopen() {
    engine_.reset();
    io_.clear_rules();
    engine_ = open_lmdb_with(settings_);
  }

 private:
  TempDir dir_;
  FaultyIo io_;
  EngineSettings settings_;
  EnginePtr engine_;
  std::map<std::string, std::string> expected_;
};

TEST(FullLogTest, updates_that_free_space_go_on_with_whatever_log_there_is) {
  for (std::uint64_t given = 0; given < 12; ++given) {
    SCOPED_TRACE(given);
    FullLog log(given);
    log.fill();
    for (int i = 0; i < 300; ++i) ASSERT_NO_THROW(log.free_space(i)) << i;
    log.check();
    log.reopen();
    log.check();
  }
}

TEST(FullLogTest, updates_go_to_the_database_where_there_is_room_in_it) {
  for (const Durability durability :
       {Durability::durable, Durability::consistent, Durability::disposable}) {
    for (std::uint64_t given = 0; given < 4; ++given) {
      SCOPED_TRACE(given);
      FullLog log(given, durability);
      for (int i = 0; i < 300; ++i) ASSERT_NO_THROW(log.store(i)) << i;
      log.check();
      log.reopen();
      log.check();
    }
  }
}

}  // namespace
}  // namespace larder::test
