// SPDX-License-Identifier: Apache-2.0

// Changing pages of a file that may be damaged: what LMDB would touch is looked at first.

#include "engine/lmdb/lmdb_write.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "engine/lmdb/clean_note.h"
#include "engine/lmdb/directory.h"
#include "engine/lmdb/environment.h"
#include "engine/lmdb/page.h"
#include "larder/engine/engine.h"
#include "support/expect_kind.h"
#include "support/temp_dir.h"

namespace larder::lmdb {
namespace {

using test::expect_kind;
using test::memory_folder;
using test::TempDir;

constexpr int key_count = 1000;

std::string key_of(int number) { return "key" + std::to_string(10'000 + number); }

/// A database of small entries, about 90 in a page.
class LmdbWriteTest : public testing::Test {
 protected:
  LmdbWriteTest() : folder_(memory_folder()), options_{.path = folder_.path()} {
    const EnginePtr engine = open_lmdb(options_);
    engine->update([&](WriteTxn& txn) {
      for (int i = 0; i < key_count; ++i) txn.put(as_bytes(key_of(i)), as_bytes("a value of some"));
    });
  }

  /// Calls `change(page)` for the leaf page that holds `key`, in the file.
  template <typename Change>
  void change_page_of(const std::string& key, Change change) {
    const std::filesystem::path path = folder_ / "data.mdb";
    Bytes image = read_file(Io::system(), path);
    const BytesView wanted = as_bytes(key);
    for (std::size_t at = 2 * page_bytes; at + page_bytes <= image.size(); at += page_bytes) {
      std::byte* page = image.data() + at;
      if (page[10] != std::byte{2} || !is_sound_leaf(page)) continue;
      if (std::search(page, page + page_bytes, wanted.begin(), wanted.end()) == page + page_bytes) {
        continue;
      }
      change(page);
      const File file(Io::system(), path, O_WRONLY);
      pwrite_all(Io::system(), file.fd(), BytesView(page, page_bytes), static_cast<off_t>(at),
                 path);
    }
  }
  void write(FunctionRef<void(LmdbWrite&)> body) {
    remove_clean_note(Io::system(), folder_.path());
    Environment environment(options_, hooks_, Environment::FileState::in_use);
    environment.write(body, nullptr);
  }
  static void erase_all(LmdbWrite& write, int begin, int end) {
    for (int i = begin; i < end; ++i) write.erase(as_bytes(key_of(i)));
  }

  TempDir folder_;
  LmdbOptions options_;
  EngineHooks hooks_;
};

TEST_F(LmdbWriteTest, erases_what_is_there_in_any_order) {
  write([](LmdbWrite& write) {
    for (int i = 0; i < key_count; ++i) {
      write.erase(as_bytes(key_of(i * 7 % key_count)));
      write.erase(as_bytes(key_of(i * 7 % key_count)));
      if (i % 5 == 0) write.put(as_bytes(key_of(i * 7 % key_count)), as_bytes("again"));
    }
  });

  const EnginePtr engine = open_lmdb(options_);
  EXPECT_EQ(engine->info().entries, static_cast<std::uint64_t>(key_count / 5));
}

TEST_F(LmdbWriteTest, page_beside_a_damaged_one_is_not_emptied) {
  change_page_of(key_of(500), [](std::byte* page) { page[13] = std::byte{0xF0}; });

  expect_kind(ErrorKind::corrupt,
              [&] { write([](LmdbWrite& write) { erase_all(write, 0, 500); }); });
  expect_kind(ErrorKind::corrupt, [&] {
    write([](LmdbWrite& write) {
      for (int i = key_count; i-- > 500;) write.erase(as_bytes(key_of(i)));
    });
  });
}

TEST_F(LmdbWriteTest, pages_that_no_change_comes_near_do_not_matter) {
  change_page_of(key_of(500), [](std::byte* page) { page[13] = std::byte{0xF0}; });
  write([](LmdbWrite& write) { erase_all(write, 0, 100); });
}

TEST_F(LmdbWriteTest, key_that_points_out_of_its_page_is_noticed) {
  // The first pointer leads to the page behind, where a key may well be.
  change_page_of(key_of(500), [](std::byte* page) { page[17] |= std::byte{0x10}; });
  expect_kind(ErrorKind::corrupt,
              [&] { write([](LmdbWrite& write) { erase_all(write, 0, key_count); }); });
}

TEST_F(LmdbWriteTest, keys_of_a_page_are_told) {
  change_page_of(key_of(500), [](const std::byte* page) {
    const PageKeys keys = page_keys(page);
    EXPECT_LE(as_text(keys.first), key_of(500));
    EXPECT_GE(as_text(keys.last), key_of(500));
  });
}

}  // namespace
}  // namespace larder::lmdb
