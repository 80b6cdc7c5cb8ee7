// SPDX-License-Identifier: Apache-2.0
// On a device that is full nothing is lost or changed, and what frees space goes on.

#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "larder/container/deque.h"
#include "larder/container/index.h"
#include "larder/core/error.h"
#include "support/engine_under_test.h"
#include "support/faulty_io.h"
#include "support/temp_dir.h"

namespace larder::test {
namespace {

using namespace std::chrono_literals;

class FullDevice : public testing::Test {
 protected:
  FullDevice() : engine_(open_lmdb_with({.directory = dir_.path(), .hooks = {.io = &io_}})) {}

  void fill_up() {
    for (const char* name : {"fallocate", "pwrite", "write", "ftruncate"}) {
      io_.fail_from(name, 1, ENOSPC);
    }
    io_.pretend_free_bytes(0);
  }

  /// Does it until the device is full. Returns how often it was done.
  template <typename Deed>
  std::uint64_t until_full(Deed deed) {
    constexpr std::uint64_t too_much = 100'000;
    for (std::uint64_t count = 0; count < too_much; ++count) {
      try {
        deed(count);
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::full) << error.what();
        return count;
      }
    }
    ADD_FAILURE() << "the device has no end";
    return too_much;
  }

  static std::string text(std::uint64_t number) {
    return std::to_string(number) + std::string(1000, 't');
  }

  const TempDir dir_{memory_folder()};
  FaultyIo io_;
  EnginePtr engine_;
};

TEST_F(FullDevice, a_deque_gives_what_it_has) {
  Deque<std::string> deque(engine_, "name");
  fill_up();
  const std::uint64_t pushed = until_full([&](std::uint64_t i) { deque.push_back(text(i)); });
  ASSERT_GT(pushed, 10U);
  EXPECT_EQ(deque.size(), pushed);
  EXPECT_EQ(deque.peek_back(), text(pushed - 1));

  for (std::uint64_t i = 0; i < pushed; ++i) ASSERT_EQ(deque.pop_front(), text(i));
  EXPECT_TRUE(deque.empty());
  io_.clear_rules();
  deque.push_back("there is room again");
  EXPECT_EQ(deque.pop_front(), "there is room again");
}

TEST_F(FullDevice, a_taken_item_can_be_acknowledged_and_given_back) {
  Deque<std::string> deque(engine_, "name");
  for (std::uint64_t i = 0; i < 3; ++i) deque.push_back(text(i));
  auto first = deque.take_front();
  auto second = deque.take_front();
  fill_up();
  const std::uint64_t pushed = until_full([&](std::uint64_t i) { deque.push_back(text(3 + i)); });

  first->done();
  second->give_back();
  EXPECT_EQ(deque.size(), pushed + 2);
  for (std::uint64_t i = 1; i < 3 + pushed; ++i) ASSERT_EQ(deque.pop_front(), text(i));
}

TEST_F(FullDevice, waiting_for_items_needs_no_room) {
  Deque<int> deque(engine_, "name");
  deque.push_back(1);
  fill_up();
  EXPECT_EQ(deque.pop_front_within(1h), 1);
  EXPECT_EQ(deque.pop_front_within(1ms), std::nullopt);
}

TEST_F(FullDevice, an_index_keeps_its_entries_and_lets_them_go) {
  Index<std::uint64_t, std::string> index(engine_, "name");
  fill_up();
  const std::uint64_t put = until_full([&](std::uint64_t i) { index.put(i, text(i)); });
  ASSERT_GT(put, 10U);
  // What is replaced stays as it was if there is no room for what replaces it.
  const std::uint64_t replaced =
      until_full([&](std::uint64_t i) { index.put(i % put, text(i + 1)); });

  EXPECT_EQ(index.size(), put);
  for (std::uint64_t i = 0; i < put; ++i) {
    ASSERT_EQ(index.get(i), text(i < replaced ? i + 1 : i)) << i;
  }
  for (std::uint64_t i = 0; i < put; ++i) ASSERT_TRUE(index.erase(i));
  EXPECT_TRUE(index.empty());
}

}  // namespace
}  // namespace larder::test
