// SPDX-License-Identifier: Apache-2.0

// The check of a database file before LMDB sees it: files that LMDB wrote pass, and whatever is
// damaged in what the check covers is found.

#include "engine/lmdb/page_check.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

#include "engine/lmdb/page.h"
#include "larder/core/error.h"
#include "larder/engine/engine.h"
#include "support/temp_dir.h"

namespace larder::lmdb {
namespace {

using test::TempDir;

/// A database with several levels of branch pages, overflow pages and a list of free pages.
Bytes written_image() {
  const TempDir folder;
  {
    const EnginePtr engine =
        open_lmdb({.path = folder.path(), .durability = Durability::disposable});
    for (int round = 0; round < 3; ++round) {
      engine->update([&](WriteTxn& txn) {
        for (int i = round * 100; i < 2000; ++i) {
          const std::string key = "key" + std::to_string(i * 7919 % 10000) + std::string(150, 'k');
          txn.put(as_bytes(key), as_bytes(std::string(i % 50 == 0 ? 9000 : 100, 'v')));
        }
        for (int i = round; i < 2000; i += 5) {
          txn.erase(as_bytes("key" + std::to_string(i * 7919 % 10000) + std::string(150, 'k')));
        }
      });
    }
  }
  return read_file(Io::system(), folder / "data.mdb");
}

/// A sound leaf page of `image` that has at least so many entries.
Bytes leaf_of(const Bytes& image, std::size_t entries) {
  for (std::size_t at = 2 * page_bytes; at < image.size(); at += page_bytes) {
    const BytesView page = BytesView(image).subspan(at, page_bytes);
    if (is_sound_leaf(page.data()) && Page(page.data()).count() >= entries) return to_bytes(page);
  }
  throw std::runtime_error("no such leaf");
}

bool is_refused(BytesView image) {
  try {
    check_image(image);
  } catch (const Error&) {
    return true;
  }
  return false;
}

TEST(PageCheck, a_file_that_lmdb_wrote_passes) { EXPECT_FALSE(is_refused(written_image())); }

TEST(PageCheck, a_missing_or_empty_file_is_new) {
  const TempDir folder;
  EXPECT_EQ(check_file(Io::system(), folder / "data.mdb"), 0U);
  const File made(Io::system(), folder / "data.mdb", O_RDWR | O_CREAT, 0600);
  EXPECT_EQ(check_file(Io::system(), folder / "data.mdb"), 0U);
}

TEST(PageCheck, a_cut_file_is_refused_at_every_page) {
  const Bytes image = written_image();
  std::size_t refused = 0;
  std::size_t cuts = 0;
  // The file may be longer than what is in use; cutting that off is no damage.
  for (std::size_t size = page_bytes / 2; size < image.size(); size += page_bytes) {
    ++cuts;
    if (is_refused(BytesView(image).first(size))) ++refused;
  }
  EXPECT_GT(refused, cuts / 2);
  EXPECT_TRUE(is_refused(BytesView(image).first(page_bytes)));
}

TEST(PageCheck, a_file_cut_in_a_large_value_is_refused_at_every_page) {
  constexpr std::size_t pages = 50;
  const TempDir folder;
  const std::string value(pages * page_bytes, 'v');
  // Closed each time, so that LMDB has pages to use again, and the large value comes last.
  for (int i = 0; i < 10; ++i) {
    open_lmdb({.path = folder.path()})->update([&](WriteTxn& txn) {
      txn.put(as_bytes("key " + std::to_string(i)), as_bytes(i == 8 ? value : "small"));
    });
  }
  const Bytes image = read_file(Io::system(), folder / "data.mdb");
  std::size_t cuts = 0;
  for (std::size_t at = 2 * page_bytes; at < image.size(); at += page_bytes) {
    const BytesView page = BytesView(image).subspan(at, page_bytes);
    if (!std::ranges::all_of(page, [](std::byte b) { return b == std::byte{'v'}; })) continue;
    ++cuts;
    EXPECT_TRUE(is_refused(BytesView(image).first(at))) << "page " << at / page_bytes;
  }
  EXPECT_GE(cuts, pages - 1);
}

TEST(PageCheck, damage_in_a_branch_page_is_found) {
  const Bytes image = written_image();
  std::size_t branches = 0;
  for (std::size_t page = 2; page < image.size() / page_bytes; ++page) {
    const std::size_t at = page * page_bytes;
    if (image[at + 10] != std::byte{1} || Page(image.data() + at).number() != page) continue;
    Bytes damaged = image;
    damaged[at + 14] ^= std::byte{0xFF};  // upper bound
    damaged[at + 15] ^= std::byte{0xFF};
    if (is_refused(damaged)) ++branches;
  }
  EXPECT_GT(branches, 0U);
}

TEST(PageCheck, branch_keys_out_of_order_are_found) {
  const Bytes image = written_image();
  std::size_t branches = 0;
  for (std::size_t page = 2; page < image.size() / page_bytes; ++page) {
    const std::size_t at = page * page_bytes;
    const Page branch(image.data() + at);
    if (image[at + 10] != std::byte{1} || branch.number() != page || branch.count() < 3) continue;
    Bytes damaged = image;
    std::swap(damaged[at + page_head + 2], damaged[at + page_head + 4]);
    std::swap(damaged[at + page_head + 3], damaged[at + page_head + 5]);
    if (is_refused(damaged)) ++branches;
  }
  EXPECT_GT(branches, 0U);
}

TEST(PageCheck, a_leaf_whose_nodes_reach_out_is_not_sound) {
  const Bytes image = written_image();
  std::size_t leaves = 0;
  for (std::size_t page = 2; page < image.size() / page_bytes; ++page) {
    Bytes leaf(image.begin() + static_cast<std::ptrdiff_t>(page * page_bytes),
               image.begin() + static_cast<std::ptrdiff_t>((page + 1) * page_bytes));
    if (leaf[10] != std::byte{2} || leaf[12] <= std::byte{16} || !is_sound_leaf(leaf.data())) {
      continue;
    }
    ++leaves;
    leaf[16] = std::byte{0xFE};  // offset of the first node
    leaf[17] = std::byte{0x0F};
    EXPECT_FALSE(is_sound_leaf(leaf.data()));
  }
  EXPECT_GT(leaves, 10U);
}

TEST(PageCheck, a_leaf_with_an_entry_over_another_is_not_sound) {
  Bytes leaf = leaf_of(written_image(), 2);
  leaf[16] = leaf[18];
  leaf[17] = leaf[19];
  EXPECT_FALSE(is_sound_leaf(leaf.data()));
}

TEST(PageCheck, duplicates_that_lmdb_would_sort_are_not_sound) {
  Bytes leaf = leaf_of(written_image(), 1);
  leaf[load<std::uint16_t>(leaf.data() + page_head) + 4U] |= std::byte{4};
  EXPECT_FALSE(is_sound_leaf(leaf.data()));
}

}  // namespace
}  // namespace larder::lmdb
