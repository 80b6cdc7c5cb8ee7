// SPDX-License-Identifier: Apache-2.0

// Every file call fails once in whatever changes a cache: the whole cache is as it was before or as
// it should be afterwards, and the error says what a caller can do.

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "larder/cache/cache.h"
#include "larder/cache/queue.h"
#include "larder/core/error.h"
#include "support/faulty_io.h"
#include "support/settings.h"
#include "support/temp_dir.h"

namespace larder::test {
namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

constexpr std::array errors = {EROFS, EDQUOT, EIO, EINTR, ENOSPC, EACCES};

struct Deed {
  const char* name;
  std::function<void(Cache& cache)> run;
  /// It makes something and opens it; that stays if only the opening fails.
  bool is_in_steps = false;
};

std::string long_text(char letter) { return std::string(3000, letter); }

/// All that a deed may change.
Strings describe(const Cache& cache) {
  Strings lines;
  for (const Key& key : cache.keys(KeyOrder::key)) {
    const auto info = cache.info(key);
    if (!info) continue;
    std::string line = key.to_string();
    if (const auto text = cache.get<std::string>(key)) line += " " + text->substr(0, 9);
    if (const auto number = cache.get<std::int64_t>(key)) line += " " + std::to_string(*number);
    for (const std::string& tag : info->tags) line += " #" + tag;
    if (info->expires_at) line += " ttl";
    lines.push_back(line + " " + std::to_string(info->bytes));
  }
  const Cache items = Queue(cache, "q").items();
  for (const Key& id : items.keys()) lines.push_back("q " + *items.get<std::string>(id));
  for (const std::string& name : cache.subs()) lines.push_back("sub " + name);
  lines.push_back(std::to_string(*cache.settings().max_entries));
  return lines;
}

std::vector<Deed> deeds() {
  return {
      {"put", [](Cache& cache) { cache.put("a", "new", {.ttl = 1h, .tags = {"t", "u"}}); }},
      {"add", [](Cache& cache) { cache.add("new", long_text('n')); }},
      {"erase", [](Cache& cache) { cache.erase("long"); }},
      {"pop", [](Cache& cache) { (void)cache.pop<std::string>("long"); }},
      {"touch", [](Cache& cache) { cache.touch("a", 1h); }},
      {"incr", [](Cache& cache) { cache.incr("n"); }},
      {"compare_and_swap",
       [](Cache& cache) { cache.compare_and_swap("a", std::string("a"), long_text('s')); }},
      {"compare_and_erase",
       [](Cache& cache) { cache.compare_and_erase("a", cache.info("a")->version); }},
      {"put_many",
       [](Cache& cache) {
         cache.put_many(std::map<std::string, std::string>{{"a", "m"}, {"m", long_text('m')}});
       }},
      {"erase_many",
       [](Cache& cache) {
         const std::vector<Key> keys = {"a", "long"};
         cache.erase_many(keys);
       }},
      {"get_or_load",
       [](Cache& cache) { (void)cache.get_or_load("long", [] { return long_text('l'); }); }},
      {"erase_tag", [](Cache& cache) { cache.erase_tag("t"); }},
      {"erase_selected",
       [](Cache& cache) { cache.erase_selected({.prefix = KeyPrefix::text("l")}); }},
      {"clear", [](Cache& cache) { cache.clear(); }},
      {"expire", [](Cache& cache) { cache.expire(); }},
      {"evict", [](Cache& cache) { cache.evict(); }},
      {"change_settings", [](Cache& cache) { cache.change_settings({.max_entries = 99}); }},
      {"push", [](Cache& cache) { Queue(cache, "q").push("second"); }},
      {"pull", [](Cache& cache) { (void)Queue(cache, "q").pull<std::string>(); }},
      {"drop queue", [](Cache& cache) { Queue::drop(cache, "q"); }},
      {"sub", [](Cache& cache) { (void)cache.sub("new"); }, true},
      {"drop_sub", [](Cache& cache) { cache.drop_sub("s"); }},
      {"reset_stats", [](Cache& cache) { cache.reset_stats(); }},
  };
}

class CallFaultsTest : public testing::TestWithParam<Durability> {
 protected:
  [[nodiscard]] Cache open(const TempDir& folder, Io& io) {
    return Cache::open(
        {.path = folder / "c", .settings = {.file_above_bytes = 1000}, .durability = GetParam()},
        {.clock = &clock_, .io = &io, .log = [](LogLevel, std::string_view) {}});
  }

  void fill(const TempDir& folder) {
    Cache cache = open(folder, Io::system());
    cache.put("a", "a", {.tags = {"t"}});
    cache.put("b", "b");
    cache.put("long", long_text('o'), {.tags = {"t"}});
    cache.put("n", 1);
    cache.put("over", long_text('x'), {.ttl = 0s});
    cache.put("over too", "x", {.ttl = 0s});
    Queue(cache, "q").push("first");
    cache.sub("s").put("k", long_text('s'));
  }

  /// How things are before `deed` and after it.
  struct States {
    Strings before;
    Strings after;
  };
  States states_of(const Deed& deed) {
    const TempDir folder(memory_folder());
    fill(folder);
    Cache cache = open(folder, Io::system());
    States states{.before = describe(cache), .after = {}};
    deed.run(cache);
    states.after = describe(cache);
    return states;
  }

  /// Whether the kind of an error fits the failed call. That of a sync may show later, when all
  /// that is known is that the device failed.
  static bool fits(const Error& error, int error_number) {
    return error.kind() == system_error(error_number, "").kind() ||
           error.kind() == ErrorKind::unavailable;
  }

  static void check(const Cache& cache, const Deed& deed, const States& states, bool has_thrown) {
    const Strings found = describe(cache);
    // A sync that failed after the commit has undone nothing.
    const bool may_be_done = !has_thrown || deed.is_in_steps || GetParam() == Durability::durable;
    EXPECT_TRUE((has_thrown && found == states.before) || (may_be_done && found == states.after))
        << "thrown: " << has_thrown << ", found:\n"
        << testing::PrintToString(found);
  }

  /// The same while it is open: once the device has failed to sync, nothing is written until it is
  /// opened again, and looking at a queue may make it.
  static void check_open(const Cache& cache, const Deed& deed, const States& states,
                         bool has_thrown) {
    try {
      check(cache, deed, states, has_thrown);
    } catch (const Error& error) {
      EXPECT_TRUE(has_thrown && GetParam() == Durability::durable) << error.what();
      EXPECT_EQ(error.kind(), ErrorKind::unavailable) << error.what();
    }
  }

  /// Returns whether a call failed.
  bool try_fault(const Deed& deed, const States& states, std::uint64_t nth, int error_number) {
    const TempDir folder(memory_folder());
    fill(folder);
    FaultyIo io;
    bool has_thrown = false;
    {
      Cache cache = open(folder, io);
      io.fail("any", nth, error_number);
      try {
        deed.run(cache);
      } catch (const Error& error) {
        has_thrown = true;
        EXPECT_TRUE(fits(error, error_number)) << error.what();
      }
      io.clear_rules();
      check_open(cache, deed, states, has_thrown);
    }
    Cache cache = open(folder, Io::system());
    check(cache, deed, states, has_thrown);
    EXPECT_EQ(cache.verify().problems, Strings{});
    cache.put("later", long_text('l'));
    return io.faults() > 0;
  }

  void try_all_faults(const Deed& deed, int error_number) {
    const States states = states_of(deed);
    const std::uint64_t stride = rounds(7, 1);
    for (std::uint64_t nth = 1 + seed() % stride; try_fault(deed, states, nth, error_number);
         nth += stride) {
      ASSERT_FALSE(HasFailure()) << deed.name << ": call " << nth << " failed with error "
                                 << error_number;
      ASSERT_LT(nth, 2000U);
    }
  }

  ManualClock clock_;
};

TEST_P(CallFaultsTest, each_change_happens_or_not) {
  const std::size_t first = rounds(seed() % errors.size(), 0);
  for (std::size_t i = 0; i < rounds(1, errors.size()); ++i) {
    const int error_number = errors.at((first + i) % errors.size());
    for (const Deed& deed : deeds()) {
      try_all_faults(deed, error_number);
      if (HasFailure()) return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Levels, CallFaultsTest,
                         testing::Values(Durability::durable, Durability::consistent),
                         [](const auto& level) {
                           return level.param == Durability::durable ? "durable" : "consistent";
                         });

}  // namespace
}  // namespace larder::test
