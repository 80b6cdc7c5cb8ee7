// SPDX-License-Identifier: Apache-2.0

// Every file call fails once while an engine is opened, written to, emptied and closed: the error
// says what a caller can do, and nothing that was acknowledged is lost.

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <functional>
#include <string>
#include <string_view>

#include "larder/core/error.h"
#include "support/engine_under_test.h"
#include "support/faulty_io.h"
#include "support/settings.h"
#include "support/temp_dir.h"

namespace larder::test {
namespace {

constexpr std::array errors = {EINTR, EROFS, EDQUOT, EIO, EMFILE, EACCES, ENOSPC};

/// Whether the kind of an error fits the failed call. That of a sync may show later, when all that
/// is known is that the device failed.
bool fits(const Error& error, int error_number) {
  return error.kind() == system_error(error_number, "").kind() ||
         error.kind() == ErrorKind::unavailable;
}

struct Deed {
  const char* name;
  std::function<void(Engine& engine)> run;
  Entries after;
};

class CallFaults : public testing::TestWithParam<Durability> {
 protected:
  [[nodiscard]] static EnginePtr open(const TempDir& dir, Io& io) {
    return open_lmdb_with({.directory = dir / "engine",
                           .durability = GetParam(),
                           .hooks = {.io = &io, .log = [](LogLevel, std::string_view) {}}});
  }
  static Entries before() { return {{"changing", "old"}, {"kept", "kept"}}; }
  static void fill(const TempDir& dir) {
    const EnginePtr engine = open(dir, Io::system());
    for (const auto& [key, value] : before()) put(*engine, key, value);
  }

  /// Calls `body` while the `nth` call of `io` fails. Returns whether it threw.
  static bool throws(FaultyIo& io, std::uint64_t nth, int error_number,
                     const std::function<void()>& body) {
    io.fail("any", nth, error_number);
    bool has_thrown = false;
    try {
      body();
    } catch (const Error& error) {
      has_thrown = true;
      EXPECT_TRUE(fits(error, error_number)) << error.what();
    }
    io.clear_rules();
    return has_thrown;
  }

  static void try_deed(const Deed& deed) {
    for_each_fault(deed.name, [&](std::uint64_t nth, int error_number) {
      const TempDir dir(memory_folder());
      fill(dir);
      FaultyIo io;
      bool has_thrown = false;
      {
        const EnginePtr engine = open(dir, io);
        has_thrown = throws(io, nth, error_number, [&] { deed.run(*engine); });
        check(*engine, deed, has_thrown);
      }
      check(*open(dir, Io::system()), deed, has_thrown);
      return io.faults() > 0;
    });
  }

  static void check(Engine& engine, const Deed& deed, bool has_thrown) {
    const Entries found = entries(engine);
    // A sync that failed after the commit has undone nothing.
    const bool may_be_new = !has_thrown || GetParam() == Durability::durable;
    const bool may_be_old = has_thrown;
    EXPECT_TRUE((may_be_new && found == deed.after) || (may_be_old && found == before()))
        << "thrown: " << has_thrown;
  }

  /// `attempt` returns whether a call failed.
  static void for_each_fault(const char* name,
                             const std::function<bool(std::uint64_t nth, int error)>& attempt) {
    const std::size_t first = rounds(seed() % errors.size(), 0);
    const std::size_t count = rounds(2, errors.size());
    for (std::size_t i = 0; i < count; ++i) {
      const int error_number = errors.at((first + i) % errors.size());
      std::uint64_t nth = 1;
      while (attempt(nth, error_number)) {
        ASSERT_FALSE(HasFailure())
            << name << ": call " << nth << " failed with error " << error_number;
        ASSERT_LT(++nth, 2000U);
      }
      EXPECT_GT(nth, 1U) << name << " makes calls";
    }
  }
};

TEST_P(CallFaults, opening_and_closing) {
  for_each_fault("open", [](std::uint64_t nth, int error_number) {
    const TempDir dir(memory_folder());
    fill(dir);
    FaultyIo io;
    throws(io, nth, error_number, [&] { EXPECT_EQ(entries(*open(dir, io)), before()); });
    EXPECT_EQ(entries(*open(dir, Io::system())), before());
    return io.faults() > 0;
  });
}

TEST_P(CallFaults, making_a_new_one) {
  for_each_fault("create", [](std::uint64_t nth, int error_number) {
    const TempDir dir(memory_folder());
    FaultyIo io;
    throws(io, nth, error_number, [&] { EXPECT_EQ(entries(*open(dir, io)), Entries{}); });
    put(*open(dir, Io::system()), "k", "v");
    EXPECT_EQ(entries(*open(dir, Io::system())), (Entries{{"k", "v"}}));
    return io.faults() > 0;
  });
}

TEST_P(CallFaults, put) {
  try_deed({"put", [](Engine& engine) { test::put(engine, "changing", "new"); },
            Entries{{"changing", "new"}, {"kept", "kept"}}});
}

TEST_P(CallFaults, large_put) {
  const std::string value(3'000'000, 'x');
  try_deed({"large put", [&](Engine& engine) { test::put(engine, "changing", value); },
            Entries{{"changing", value}, {"kept", "kept"}}});
}

TEST_P(CallFaults, erase) {
  try_deed({"erase", [](Engine& engine) { test::erase(engine, "changing"); },
            Entries{{"kept", "kept"}}});
}

TEST_P(CallFaults, sync) {
  try_deed({"put and sync",
            [](Engine& engine) {
              test::put(engine, "kept", "kept");
              engine.sync();
            },
            before()});
}

constexpr auto level_name = [](const auto& test) -> std::string {
  if (test.param == Durability::durable) return "durable";
  return test.param == Durability::consistent ? "consistent" : "disposable";
};

INSTANTIATE_TEST_SUITE_P(Levels, CallFaults,
                         testing::Values(Durability::durable, Durability::consistent,
                                         Durability::disposable),
                         level_name);

}  // namespace
}  // namespace larder::test
