// SPDX-License-Identifier: Apache-2.0

// The note of an orderly close: damaged heads are noticed by it, and repaired with it.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <xxhash.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "engine/lmdb/page.h"
#include "larder/engine/engine.h"
#include "larder/engine/repair.h"
#include "support/engine_under_test.h"
#include "support/expect_kind.h"
#include "support/temp_dir.h"

namespace larder::test {
namespace {

using lmdb::page_bytes;

class CleanNoteTest : public testing::Test {
 protected:
  CleanNoteTest() : dir_(memory_folder()) {
    {
      const EnginePtr engine = open();
      engine->update([](WriteTxn& txn) {
        for (int i = 0; i < 1000; ++i) {
          txn.put(as_bytes("key" + std::to_string(i)), as_bytes(std::string(200, 'v')));
        }
      });
      whole_ = entries(*engine);
    }
    image_ = image();
    note_ = read_file(Io::system(), note());
  }

  [[nodiscard]] LmdbOptions options() const { return {.path = dir_ / "engine"}; }
  [[nodiscard]] EnginePtr open() const { return open_lmdb(options()); }
  [[nodiscard]] std::filesystem::path file() const { return dir_ / "engine" / "data.mdb"; }
  [[nodiscard]] std::filesystem::path note() const { return dir_ / "engine" / "clean"; }
  [[nodiscard]] Bytes image() const { return read_file(Io::system(), file()); }

  static void overwrite(const std::filesystem::path& path, const Bytes& content) {
    const File handle(Io::system(), path, O_WRONLY | O_CREAT | O_TRUNC);
    pwrite_all(Io::system(), handle.fd(), content, 0, path);
  }
  void restore() const {
    overwrite(file(), image_);
    overwrite(note(), note_);
  }
  void zero(std::uint64_t page) const {
    Bytes content = image();
    std::fill_n(content.begin() + static_cast<std::ptrdiff_t>(page * page_bytes), page_bytes,
                std::byte{0});
    overwrite(file(), content);
  }

  TempDir dir_;
  Entries whole_;
  Bytes image_;
  Bytes note_;
};

TEST_F(CleanNoteTest, without_heads_loses_nothing_that_was_closed_in_order) {
  const std::vector<std::vector<std::uint64_t>> lost = {{0}, {1}, {0, 1}};
  for (const auto& heads : lost) {
    restore();
    for (const std::uint64_t head : heads) zero(head);
    expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(open()); });

    const PageRepair report = repair_lmdb(options());

    EXPECT_NE(report.problems.front().find("head pages changed"), std::string::npos);
    EXPECT_EQ(report.lost, 0U);
    EXPECT_EQ(entries(*open()), whole_);
  }
}

TEST_F(CleanNoteTest, note_about_another_file_is_passed_over) {
  for (const char* value : {"1", "2", "3"}) {
    put(*open(), "later", value);  // each time one transaction of LMDB and more
  }
  overwrite(note(), note_);
  expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(open()); });

  const PageRepair report = repair_lmdb(options());

  EXPECT_NE(report.problems.front().find("head pages changed"), std::string::npos);
  EXPECT_EQ(get(*open(), "later"), "3");
  EXPECT_EQ(entries(*open()).size(), whole_.size() + 1);
}

TEST_F(CleanNoteTest, note_of_the_first_kind_tells_of_damaged_heads) {
  struct {
    std::uint64_t pages;
    std::uint64_t checksum;
  } first{.pages = XXH3_64bits(image().data(), 2 * page_bytes), .checksum = 0};
  first.checksum = XXH3_64bits(&first.pages, sizeof(first.pages));
  overwrite(note(), to_bytes(std::as_bytes(std::span(&first, 1))));
  static_cast<void>(entries(*open()));
  zero(1);
  expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(open()); });
  EXPECT_FALSE(repair_lmdb(options()).problems.empty());
}

}  // namespace
}  // namespace larder::test
