// SPDX-License-Identifier: Apache-2.0

// A leaf page with any damage: what is read, found or changed there is right or reported, and LMDB
// never follows a page that leads it astray.

#include <fcntl.h>
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "engine/lmdb/directory.h"
#include "engine/lmdb/environment.h"
#include "engine/lmdb/page.h"
#include "engine/lmdb/snapshot.h"
#include "larder/engine/engine.h"
#include "support/expect_kind.h"
#include "support/temp_dir.h"

namespace larder::lmdb {
namespace {

using test::expect_kind;
using test::memory_folder;
using test::TempDir;

constexpr int key_count = 1000;
constexpr std::byte sorted_duplicates{4};

std::string key_of(int number) { return "key" + std::to_string(10'000 + number); }
std::string value_of(int number) {
  std::string value = "value " + std::to_string(number);
  if (number % 50 == 0) value.resize(5000, '.');
  return value;
}

/// A database with a few leaf pages, of which one is damaged in the file.
class DamagedLeafTest : public testing::Test {
 protected:
  DamagedLeafTest() : folder_(memory_folder()), options_{.path = folder_.path()} {
    open_lmdb(options_)->update([&](WriteTxn& txn) {
      for (int i = 0; i < key_count; ++i) txn.put(as_bytes(key_of(i)), as_bytes(value_of(i)));
    });
    image_ = read_file(Io::system(), folder_ / "data.mdb");
    read([this](const Snapshot& snapshot) {
      const Tree::Path path = snapshot.table.tree().path_to(as_bytes(key_of(key_count / 2)));
      leaf_at_ = Page(path.leaf).number() * page_bytes;
    });
  }

  [[nodiscard]] const std::byte* leaf() const { return image_.data() + leaf_at_; }
  /// Where in the file node `i` of the leaf is.
  [[nodiscard]] std::size_t node_at(std::size_t i) const {
    return leaf_at_ + load<std::uint16_t>(leaf() + page_head + 2 * i);
  }
  [[nodiscard]] std::string key_of_node(std::size_t i) const {
    Page::Node node{};
    EXPECT_TRUE(Page(leaf()).node(i, node));
    return std::string(as_text(node.key));
  }
  void write_byte(std::size_t at, std::byte value) {
    const File file(Io::system(), folder_ / "data.mdb", O_WRONLY);
    pwrite_all(Io::system(), file.fd(), {&value, 1}, static_cast<off_t>(at), folder_.path());
  }
  /// Brings the whole file back.
  void mend() {
    const File file(Io::system(), folder_ / "data.mdb", O_WRONLY);
    pwrite_all(Io::system(), file.fd(), image_, 0, folder_.path());
  }

  /// Calls `body(snapshot)` on what is in the file.
  template <typename Body>
  void read(Body body) {
    Environment environment(options_, hooks_, Environment::FileState::in_use);
    const SlotGuard guard(environment.slots());
    while (!environment.begin_read(guard.slot())) environment.adopt_map(&guard.slot());
    body(Snapshot{.table = TableView(environment, guard.slot())});
  }
  void write(FunctionRef<void(LmdbWrite&)> body) {
    Environment environment(options_, hooks_, Environment::FileState::in_use);
    environment.write(body, nullptr);
  }
  static void scan(const Snapshot& snapshot, Direction direction) {
    snapshot.scan({}, direction, [](BytesView, BytesView) { return Visit::more; });
  }
  /// Calls everything; what is found damaged is reported as such.
  void use_all() {
    const auto attempt = [this](auto body) {
      try {
        body();
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::corrupt) << error.what();
        ++reported_;
      }
    };
    attempt([&] {
      read([&](const Snapshot& snapshot) {
        for (int i = 0; i < key_count; i += 7) {
          attempt([&] { (void)snapshot.get(as_bytes(key_of(i))); });
        }
        for (const Direction direction : {Direction::forward, Direction::backward}) {
          attempt([&] { scan(snapshot, direction); });
        }
      });
    });
    attempt([&] {
      write([](LmdbWrite& write) {
        for (int i = 0; i < key_count; i += 3) write.put(as_bytes(key_of(i)), as_bytes("new"));
        for (int i = 0; i < key_count; ++i) write.erase(as_bytes(key_of(i)));
      });
    });
  }

  TempDir folder_;
  LmdbOptions options_;
  EngineHooks hooks_;
  Bytes image_;
  std::size_t leaf_at_ = 0;
  std::size_t reported_ = 0;
};

TEST_F(DamagedLeafTest, key_out_of_order_is_reported_before_anything_is_put_beside_it) {
  const std::size_t last = Page(leaf()).count() - 1;
  constexpr std::size_t node_head = 8;
  for (const std::size_t damaged : {std::size_t{0}, last / 2, last}) {
    for (const char wrong : {'a', 'z'}) {
      write_byte(node_at(damaged) + node_head, static_cast<std::byte>(wrong));
      for (const std::size_t i : {std::size_t{0}, std::size_t{1}, damaged, last - 1, last}) {
        expect_kind(ErrorKind::corrupt, [&] {
          write([&](LmdbWrite& write) { write.put(as_bytes(key_of_node(i)), as_bytes("new")); });
        });
        expect_kind(ErrorKind::corrupt, [&] {
          write([&](LmdbWrite& write) { write.erase(as_bytes(key_of_node(i))); });
        });
      }
      read([&](const Snapshot& snapshot) {
        for (const Direction direction : {Direction::forward, Direction::backward}) {
          expect_kind(ErrorKind::corrupt, [&] { scan(snapshot, direction); });
        }
      });
      mend();
    }
  }
  EXPECT_EQ(read_file(Io::system(), folder_ / "data.mdb"), image_);
}

TEST_F(DamagedLeafTest, branch_that_leads_past_a_key_is_reported_before_it_is_put_again) {
  std::size_t separator_end = 0;
  read([&](const Snapshot& snapshot) {
    const Tree& tree = snapshot.table.tree();
    const Tree::Path path = tree.path_to(as_bytes(key_of_node(0)));
    const Page branch(path.branches[0].page);
    Page::Node node{};
    ASSERT_TRUE(branch.node(path.branches[0].index, node));
    ASSERT_EQ(as_text(node.key), as_text(*tree.separator(path, Direction::backward)));
    const auto in_page =
        static_cast<std::size_t>(node.key.data() + node.key.size() - path.branches[0].page);
    separator_end = branch.number() * page_bytes + in_page;
  });
  // Still in order with the others of the branch, but above the first key of its page.
  write_byte(separator_end - 1, std::byte{0xFF});

  const std::string first = key_of_node(0);
  expect_kind(ErrorKind::corrupt, [&] {
    write([&](LmdbWrite& write) { write.put(as_bytes(first), as_bytes("new")); });
  });
}

TEST_F(DamagedLeafTest, mark_of_sorted_duplicates_is_reported_by_whatever_meets_it) {
  write_byte(node_at(5) + 4, sorted_duplicates);
  const std::string marked = key_of_node(5);
  read([&](const Snapshot& snapshot) {
    expect_kind(ErrorKind::corrupt, [&] { (void)snapshot.get(as_bytes(marked)); });
    expect_kind(ErrorKind::corrupt, [&] { scan(snapshot, Direction::forward); });
    expect_kind(ErrorKind::corrupt, [&] { scan(snapshot, Direction::backward); });
    EXPECT_TRUE(snapshot.get(as_bytes(key_of_node(6))).has_value());
  });
  expect_kind(ErrorKind::corrupt,
              [&] { write([&](LmdbWrite& write) { write.erase(as_bytes(marked)); }); });
  expect_kind(ErrorKind::corrupt, [&] {
    write([&](LmdbWrite& write) { write.put(as_bytes(marked), as_bytes("x")); });
  });
}

TEST_F(DamagedLeafTest,
       mark_of_sorted_duplicates_is_reported_in_a_transaction_too_large_for_the_log) {
  write_byte(node_at(5) + 4, sorted_duplicates);
  Environment environment(options_, hooks_, Environment::FileState::in_use);
  environment.write(
      [&](LmdbWrite& write) {
        write.put(as_bytes(key_of(key_count - 1)), as_bytes("new"));
        const Snapshot snapshot{.table = TableView(environment, write)};
        expect_kind(ErrorKind::corrupt, [&] { (void)snapshot.get(as_bytes(key_of_node(5))); });
        expect_kind(ErrorKind::corrupt, [&] { scan(snapshot, Direction::forward); });
        expect_kind(ErrorKind::corrupt, [&] { scan(snapshot, Direction::backward); });
        const auto changed = snapshot.get(as_bytes(key_of(key_count - 1)));
        ASSERT_TRUE(changed.has_value());
        EXPECT_EQ(as_text(*changed), "new");
      },
      nullptr);
}

TEST_F(DamagedLeafTest, large_value_that_says_wrong_things_about_its_pages_is_reported) {
  const std::string key = key_of(key_count / 2);  // its value has pages of its own
  std::size_t big = 0;
  while (big < Page(leaf()).count() && key_of_node(big) != key) ++big;
  ASSERT_LT(big, Page(leaf()).count());
  const std::size_t number_at = node_at(big) + 8 + key.size();
  // In the middle of a value, and behind the end of the file.
  for (const auto& [byte, bit] : {std::pair{0, 0}, std::pair{3, 0}, std::pair{5, 7}}) {
    const std::size_t at = number_at + static_cast<std::size_t>(byte);
    write_byte(at, image_[at] ^ std::byte{1} << bit);
    read([&](const Snapshot& snapshot) {
      expect_kind(ErrorKind::corrupt, [&] { (void)snapshot.get(as_bytes(key)); });
    });
    expect_kind(ErrorKind::corrupt,
                [&] { write([&](LmdbWrite& write) { write.erase(as_bytes(key)); }); });
    expect_kind(ErrorKind::corrupt,
                [&] { write([&](LmdbWrite& write) { write.put(as_bytes(key), as_bytes("x")); }); });
    mend();
  }
}

TEST_F(DamagedLeafTest, any_bit_of_its_structure_may_be_wrong) {
  std::vector<std::size_t> places;
  places.reserve(64);
  for (std::size_t i = 0; i < page_head; ++i) places.push_back(leaf_at_ + i);
  const std::size_t count = Page(leaf()).count();
  for (const std::size_t node : std::array{std::size_t{0}, count / 2, count - 1}) {
    for (std::size_t i = 0; i < 2; ++i) places.push_back(leaf_at_ + page_head + 2 * node + i);
    for (std::size_t i = 0; i < 8; ++i) places.push_back(node_at(node) + i);
  }
  for (const std::size_t place : places) {
    for (int bit = 0; bit < 8; ++bit) {
      SCOPED_TRACE(testing::Message() << "byte " << place - leaf_at_ << ", bit " << bit);
      write_byte(place, image_[place] ^ std::byte{1} << bit);
      use_all();
      mend();
    }
  }
  EXPECT_GT(reported_, places.size());
  use_all();
}

}  // namespace
}  // namespace larder::lmdb
