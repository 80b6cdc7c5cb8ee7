// SPDX-License-Identifier: Apache-2.0

// Sealed segments that wait for being applied: who may go on, who waits, and what everybody sees.

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <map>
#include <string>
#include <thread>

#include "engine/lmdb/layout.h"
#include "support/child.h"
#include "support/engine_under_test.h"
#include "support/expect_kind.h"
#include "support/faulty_io.h"
#include "support/temp_dir.h"

namespace larder::test {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t value_bytes = 60'000;
constexpr std::size_t values_in_segment = 17;  // log_min_bytes without what is kept in reserve

/// An engine whose segments wait at the door of LMDB until it is opened.
class LogQueueTest : public testing::Test {
 protected:
  LogQueueTest() : dir_(memory_folder()) {
    settings_.directory = dir_ / "engine";
    settings_.sync_interval = milliseconds{100};
    settings_.hooks.io = &io_;
    for (std::uint64_t nth = 1; nth <= 100; ++nth) {
      io_.run_at("log.apply", nth, [this] { open_.wait(false); });
    }
  }
  ~LogQueueTest() override { open_door(); }

  void open_door() {
    open_ = true;
    open_.notify_all();
  }
  void open_engine() { engine_ = open_lmdb_with(settings_); }
  /// Stores one more value; each key is stored many times.
  void put_next(Engine& engine, const UpdateOptions& options = {}) {
    const std::string key = "key" + std::to_string(count_ * 7 % 29);
    const std::string value = std::to_string(count_) + std::string(value_bytes, 'v');
    engine.update([&](WriteTxn& txn) { txn.put(as_bytes(key), as_bytes(value)); }, options);
    expected_[key] = value;
    ++count_;
  }
  void fill_segments(Engine& engine, std::size_t segments) {
    for (std::size_t i = 0; i < segments * values_in_segment; ++i) put_next(engine);
  }
  /// Fills as many segments as may wait, with the applier at the door: no writer takes its place.
  void fill_queue(Engine& engine) {
    fill_segments(engine, lmdb::most_sealed - 1);
    while (io_.count("log.apply") == 0) std::this_thread::yield();
    fill_segments(engine, 1);
  }
  [[nodiscard]] Entries expected() const { return {expected_.begin(), expected_.end()}; }

  TempDir dir_;
  FaultyIo io_;
  EngineSettings settings_;
  std::atomic<bool> open_ = false;
  std::map<std::string, std::string> expected_;
  std::uint64_t count_ = 0;
  EnginePtr engine_;
};

TEST_F(LogQueueTest, writers_go_on_while_segments_wait) {
  open_engine();

  fill_queue(*engine_);

  EXPECT_FALSE(open_);
  EXPECT_EQ(entries(*engine_), expected());
  EXPECT_EQ(entries(*engine_, {}, Direction::backward),
            Entries(expected_.rbegin(), expected_.rend()));
  for (const auto& [key, value] : expected_) EXPECT_EQ(get(*engine_, key), value);
  EXPECT_EQ(engine_->info().entries, expected_.size());
}

TEST_F(LogQueueTest, erased_key_is_gone_whatever_older_segments_hold) {
  open_engine();
  fill_segments(*engine_, 2);
  EXPECT_TRUE(erase(*engine_, "key0"));
  expected_.erase("key0");
  const std::uint64_t seen = count_;
  while (count_ < seen + values_in_segment) put_next(*engine_);
  EXPECT_TRUE(erase(*engine_, "key1"));
  expected_.erase("key1");

  EXPECT_EQ(entries(*engine_), expected());
  EXPECT_EQ(get(*engine_, "key1"), std::nullopt);
  open_door();
  engine_.reset();
  open_engine();
  EXPECT_EQ(entries(*engine_), expected());
}

TEST_F(LogQueueTest, snapshot_stays_what_it_is_while_segments_are_applied_and_used_again) {
  open_engine();
  fill_segments(*engine_, 4);
  const EnginePtr writer = open_lmdb_with(settings_);
  const Entries before = expected();
  const std::uint64_t applied = io_.count("log.applied");

  engine_->view([&](ReadTxn& txn) {
    open_door();
    std::thread other([&] {
      while (io_.count("log.applied") == applied) put_next(*writer);
      put_next(*writer);
    });
    other.join();
    EXPECT_EQ(entries(txn), before);
  });

  EXPECT_EQ(entries(*engine_), expected());
}

TEST_F(LogQueueTest, full_queue_makes_writers_wait_until_their_deadline) {
  open_engine();
  fill_queue(*engine_);
  const auto fill = [&] {
    for (;;) {
      put_next(*engine_, {.deadline = Clock::system().steady_now() + milliseconds{200}});
    }
  };
  expect_kind(ErrorKind::unavailable, fill);

  EXPECT_GE(count_, lmdb::most_sealed * values_in_segment);
  EXPECT_EQ(entries(*engine_), expected());
  open_door();
  fill_segments(*engine_, 2);
  EXPECT_EQ(entries(*engine_), expected());
}

TEST_F(LogQueueTest, segments_are_synced_while_others_are_applied) {
  open_engine();
  const std::uint64_t synced = io_.count("fdatasync");
  fill_segments(*engine_, 3);
  put_next(*engine_);

  const SteadyTime late = Clock::system().steady_now() + std::chrono::seconds{10};
  while (io_.count("fdatasync") < synced + 3 && Clock::system().steady_now() < late) {
    std::this_thread::yield();
  }

  EXPECT_GE(io_.count("fdatasync"), synced + 3);
  EXPECT_FALSE(open_);
}

TEST_F(LogQueueTest, waiting_segments_are_applied_together) {
  open_engine();
  fill_queue(*engine_);
  open_door();
  engine_.reset();

  // Those that waited first, those that came meanwhile, the rest on closing.
  EXPECT_LE(io_.count("log.applied"), 3U);
  open_engine();
  EXPECT_EQ(entries(*engine_), expected());
}

TEST_F(LogQueueTest, queue_survives_a_kill) {
  const ChildEnd end = run_in_child([&] {
    open_engine();
    fill_queue(*engine_);
    ::kill(::getpid(), SIGKILL);
    return 0;
  });
  EXPECT_EQ(end.signal, SIGKILL);
  open_door();
  while (count_ < lmdb::most_sealed * values_in_segment) {
    const std::string key = "key" + std::to_string(count_ * 7 % 29);
    expected_[key] = std::to_string(count_++) + std::string(value_bytes, 'v');
  }

  settings_.hooks.io = &Io::system();
  open_engine();

  EXPECT_EQ(entries(*engine_), expected());
}

TEST_F(LogQueueTest, step_that_fails_is_made_up_for) {
  open_door();
  for (const std::uint64_t nth : {2U, 3U}) {
    io_.run_at("lmdb.committed", nth, [] {
      throw Error(ErrorKind::unavailable, "the applier stumbles between two steps");
    });
  }
  open_engine();

  for (std::size_t i = 0; i < 2 * lmdb::most_sealed * values_in_segment; ++i) {
    try {
      put_next(*engine_);
    } catch (const Error& error) {
      // Who finds the queue full applies it, and stumbles in the place of the applier.
      EXPECT_EQ(error.kind(), ErrorKind::unavailable);
    }
  }

  EXPECT_EQ(entries(*engine_), expected());
  engine_.reset();
  open_engine();
  EXPECT_EQ(entries(*engine_), expected());
}

TEST_F(LogQueueTest, large_update_takes_the_queue_along) {
  open_engine();
  fill_segments(*engine_, 2);
  open_door();
  engine_->update([&](WriteTxn& txn) {
    for (int i = 0; i < 40; ++i) {
      const std::string key = "large" + std::to_string(i);
      txn.put(as_bytes(key), as_bytes(std::string(value_bytes, 'l')));
      expected_[key] = std::string(value_bytes, 'l');
    }
    EXPECT_EQ(entries(txn), expected());
  });
  EXPECT_EQ(entries(*engine_), expected());
  fill_segments(*engine_, 1);
  EXPECT_EQ(entries(*engine_), expected());
}

}  // namespace
}  // namespace larder::test
