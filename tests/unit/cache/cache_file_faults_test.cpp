// SPDX-License-Identifier: Apache-2.0

// Every file call fails once, while values in files are stored, erased,
// streamed, repaired and backed up.

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "larder/cache/cache.h"
#include "support/faulty_io.h"
#include "support/settings.h"
#include "support/temp_dir.h"
#include "value_files.h"

namespace larder::test {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

std::string text_of(char letter) { return std::string(70'000, letter); }

/// What is done while a call fails, and what the entry "changing" then is: `before` if it threw,
/// else `after`.
struct Deed {
  const char* name;
  std::function<void(Cache& cache, const fs::path& folder)> run;
  std::optional<std::string> after;
};

class FileFaultsTest : public testing::TestWithParam<Durability> {
 protected:
  [[nodiscard]] static Cache open(const fs::path& folder, Io& io) {
    return Cache::open(
        {.path = folder / "c", .settings = {.file_above_bytes = 1000}, .durability = GetParam()},
        {.io = &io});
  }
  /// Prepares a cache, does `deed` while the `nth` call fails, and checks what is left. Returns
  /// whether a call failed.
  static bool try_with_fault(const Deed& deed, std::uint64_t nth, int error_number) {
    const TempDir folder(memory_folder());
    {
      Cache cache = open(folder.path(), Io::system());
      cache.put("changing", text_of('o'));
      cache.put("kept", text_of('k'));
      cache.put("short", "short");
    }
    FaultyIo io;
    bool has_thrown = false;
    {
      Cache cache = open(folder.path(), io);
      io.fail("any", nth, error_number);
      try {
        deed.run(cache, folder.path());
      } catch (const Error&) {
        has_thrown = true;
      }
      io.clear_rules();
      check(cache, deed, has_thrown);
    }
    Cache cache = open(folder.path(), Io::system());
    check(cache, deed, has_thrown);
    EXPECT_EQ(cache.verify().problems, Strings{});
    const auto found = cache.get<std::string>("changing");
    EXPECT_EQ(value_files(folder.path() / "c").size(), found && found->size() > 1000 ? 2U : 1U)
        << "no file is left over";
    cache.put("later", text_of('l'));
    EXPECT_TRUE(cache.get<std::string>("later") == text_of('l'));
    return io.faults() > 0;
  }
  static void check(const Cache& cache, const Deed& deed, bool has_thrown) {
    EXPECT_TRUE(cache.get<std::string>("kept") == text_of('k'));
    EXPECT_EQ(cache.get<std::string>("short"), "short");
    const auto found = cache.get<std::string>("changing");
    const std::optional<std::string> before = text_of('o');
    // A sync that failed after the commit has undone nothing.
    const bool is_old = found == before;
    const bool is_new = found == deed.after;
    EXPECT_TRUE(has_thrown ? is_old || (is_new && GetParam() == Durability::durable) : is_new)
        << "thrown: " << has_thrown << ", old: " << is_old << ", new: " << is_new;
  }
  static void try_all_faults(const Deed& deed) {
    constexpr std::array kinds = {ENOSPC, EMFILE, EIO, EACCES};
    for (const int error_number : std::span(kinds).first(rounds(1, kinds.size()))) {
      const std::uint64_t stride = rounds(3, 1);
      std::uint64_t nth = 1 + seed() % stride;
      for (; try_with_fault(deed, nth, error_number); nth += stride) {
        SCOPED_TRACE(std::string(deed.name) + ": call " + std::to_string(nth) + " fails with " +
                     std::to_string(error_number));
        if (HasFailure()) {
          ADD_FAILURE() << "that was the first";
          return;
        }
        ASSERT_LT(nth, 2000U);
      }
      EXPECT_GT(nth, stride) << deed.name << " makes calls";
    }
  }
};

TEST_P(FileFaultsTest, put) {
  try_all_faults({"put", [](Cache& cache, const fs::path&) { cache.put("changing", text_of('n')); },
                  text_of('n')});
}

TEST_P(FileFaultsTest, put_of_a_short_value_over_a_long_one) {
  try_all_faults({"put", [](Cache& cache, const fs::path&) { cache.put("changing", "n"); }, "n"});
}

TEST_P(FileFaultsTest, stream) {
  try_all_faults({"put_stream",
                  [](Cache& cache, const fs::path&) {
                    std::istringstream in(text_of('n'));
                    cache.put_stream("changing", in);
                  },
                  text_of('n')});
}

TEST_P(FileFaultsTest, erase) {
  try_all_faults({"erase", [](Cache& cache, const fs::path&) { cache.erase("changing"); }, {}});
}

TEST_P(FileFaultsTest, transaction) {
  try_all_faults({"transact",
                  [](Cache& cache, const fs::path&) {
                    cache.transact([&] {
                      cache.erase("changing");
                      cache.put("changing", text_of('m'));
                      cache.put("changing", text_of('n'));
                    });
                  },
                  text_of('n')});
}

TEST_P(FileFaultsTest, repair) {
  try_all_faults({"repair",
                  [](Cache& cache, const fs::path& folder) {
                    fs::create_directories(folder / "c/values-cache/00");
                    std::ofstream(folder / "c/values-cache/00/00000000000001") << "left over";
                    try {
                      cache.repair();
                    } catch (const Error&) {
                      fs::remove(folder / "c/values-cache/00/00000000000001");
                      throw;
                    }
                    fs::remove(folder / "c/values-cache/00/00000000000001");
                  },
                  text_of('o')});
}

TEST_P(FileFaultsTest, backup) {
  try_all_faults({"backup",
                  [](Cache& cache, const fs::path& folder) {
                    cache.backup(folder / "b");
                    const Cache copy = Cache::open({.path = folder / "b"});
                    EXPECT_TRUE(copy.get<std::string>("changing") == text_of('o'));
                    EXPECT_EQ(copy.verify().problems, Strings{});
                  },
                  text_of('o')});
}

INSTANTIATE_TEST_SUITE_P(Levels, FileFaultsTest,
                         testing::Values(Durability::durable, Durability::consistent),
                         [](const auto& level) {
                           return level.param == Durability::durable ? "durable" : "consistent";
                         });

}  // namespace
}  // namespace larder::test
