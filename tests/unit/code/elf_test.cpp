// SPDX-License-Identifier: Apache-2.0

// Reading binaries: this test reads itself, then damaged copies of a small part of itself.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "code/elf_file.h"
#include "code/elf_source.h"
#include "code/elf_symbols.h"
#include "code/frame_table.h"
#include "larder/core/error.h"
#include "larder/core/io.h"
#include "larder/core/random.h"
#include "support/expect_kind.h"
#include "support/settings.h"
#include "support/temp_dir.h"

// Known to the tests by these names.
extern "C" int larder_test_catches(int x);
extern "C" const int larder_test_table[4];
extern "C" const int larder_test_table[4] = {2, 3, 5, 7};

static __attribute__((noinline)) int throws(int x) {
  if (x > 3) throw std::out_of_range("too large");
  return larder_test_table[x];
}

extern "C" __attribute__((noinline)) int larder_test_catches(int x) {
  try {
    return throws(x);
  } catch (const std::logic_error& error) {
    return static_cast<int>(std::string(error.what()).size());
  }
}

namespace larder {
namespace {

std::unique_ptr<ElfFile> open_self() {
  return std::make_unique<ElfFile>(std::make_unique<FileElfSource>(Io::system(), "/proc/self/exe"));
}

const ElfSymbol& named(const ElfSymbols& symbols, std::string_view name) {
  for (const ElfSymbol& symbol : symbols.all()) {
    if (symbol.name == name) return symbol;
  }
  throw std::logic_error("there is no symbol " + std::string(name));
}

TEST(Elf, knows_what_has_a_name) {
  ASSERT_EQ(larder_test_catches(9), 9);
  const auto file = open_self();
  const ElfSymbols symbols(*file);
  EXPECT_TRUE(symbols.is_complete());
  const ElfSymbol& function = named(symbols, "larder_test_catches");
  EXPECT_TRUE(file->section_at(function.address)->is_code());
  EXPECT_EQ(symbols.function_at(function.address)->name, "larder_test_catches");
  const ElfSymbol& table = named(symbols, "larder_test_table");
  EXPECT_EQ(symbols.object_around(table.address + 7), symbols.object_around(table.address));
  EXPECT_TRUE(file->is_constant(table.address));
  const BytesView content = file->content(table.address, sizeof larder_test_table);
  EXPECT_TRUE(equal(content, std::as_bytes(std::span(larder_test_table))));
}

TEST(Elf, knows_where_functions_end_and_what_they_catch) {
  const auto file = open_self();
  const ElfSymbols symbols(*file);
  const FrameTable frames(*file);
  const ElfSymbol& function = named(symbols, "larder_test_catches");
  const CodeExtent* const extent = frames.around(function.address + 1);
  ASSERT_NE(extent, nullptr);
  EXPECT_EQ(extent->start, function.address);
  EXPECT_EQ(extent->size, function.size);
  ASSERT_TRUE(extent->exceptions.has_value());
  const ExceptionTable table = read_exceptions(*file, *extent->exceptions, extent->start);
  ASSERT_FALSE(table.types.empty());
  EXPECT_THAT(table.ranges, testing::Contains(testing::Field(&ExceptionRange::actions,
                                                             testing::Contains(testing::Gt(0)))));
}

TEST(Elf, files_that_are_none_are_damaged) {
  const test::TempDir folder;
  for (const std::string_view text : {"", "x", "#!/bin/sh\n",
                                      "\x7f"
                                      "ELF"}) {
    test::expect_kind(ErrorKind::corrupt,
                      [&] { ElfFile(std::make_unique<MemoryElfSource>(as_bytes(text))); });
  }
  test::expect_kind(ErrorKind::invalid_argument,
                    [&] { FileElfSource(Io::system(), folder.path()); });
}

TEST(Elf, other_machines_binaries_are_not_supported) {
  Bytes bytes =
      to_bytes(as_bytes("\x7f"
                        "ELF\x01\x01\x01"));
  bytes.resize(64);
  test::expect_kind(ErrorKind::not_supported,
                    [&] { ElfFile(std::make_unique<MemoryElfSource>(bytes)); });
}

TEST(Elf, suffixes_of_copies_are_no_part_of_a_name) {
  EXPECT_EQ(plain_name("_Z3foov.constprop.0.isra.1.cold"), "_Z3foov");
  EXPECT_EQ(plain_name("counter.12"), "counter");
  EXPECT_EQ(plain_name("puts@GLIBC_2.2.5"), "puts");
  EXPECT_EQ(plain_name(".hidden"), ".hidden");
  EXPECT_EQ(plain_name("DW.ref._ZTIi"), "DW.ref._ZTIi");
}

/// Reads everything that can be read; an error must be `corrupt`.
void read_all(BytesView bytes) {
  try {
    const ElfFile file(std::make_unique<MemoryElfSource>(bytes));
    static_cast<void>(file.build_id());
    const ElfSymbols symbols(file);
    const FrameTable frames(file);
    for (const CodeExtent& extent : frames.all()) {
      if (extent.exceptions) {
        static_cast<void>(read_exceptions(file, *extent.exceptions, extent.start));
      }
    }
  } catch (const Error& error) {
    EXPECT_TRUE(error.kind() == ErrorKind::corrupt || error.kind() == ErrorKind::not_supported);
  }
}

Bytes small_binary() {
  const auto folder = std::filesystem::path(LARDER_ELF_SEEDS);
  return read_file(Io::system(), folder / "shared_object");
}

TEST(Elf, no_cut_is_a_crash) {
  const Bytes whole = small_binary();
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    test::expect_kind(ErrorKind::corrupt, [&] { ElfFile(std::make_unique<MemoryElfSource>(cut)); });
  }
}

TEST(Elf, no_changed_bytes_are_a_crash) {
  const Bytes whole = small_binary();
  Random random(test::seed());
  for (std::uint64_t round = 0; round < test::rounds(5000, 200000); ++round) {
    Bytes damaged = whole;
    for (std::uint64_t i = 0; i <= round % 4; ++i) {
      damaged[random.below(damaged.size())] = static_cast<std::byte>(random.below(256));
    }
    read_all(damaged);
  }
}

}  // namespace
}  // namespace larder
