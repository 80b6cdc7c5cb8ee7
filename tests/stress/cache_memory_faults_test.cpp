// SPDX-License-Identifier: Apache-2.0

// Every allocation that an operation makes fails once, and once from then on: the operation says so
// or succeeds, what it did not do is not half done, and the cache goes on.

#include <gtest/gtest.h>

#include <cstdint>
#include <exception>
#include <functional>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "larder/cache/cache.h"
#include "larder/cache/queue.h"
#include "support/failing_allocations.h"
#include "support/temp_dir.h"

namespace larder::test {
namespace {

std::string long_text(char letter) { return std::string(9000, letter); }

using Text = std::optional<std::string>;

/// What is done, and what the entries "k" and "long" are afterwards.
struct Deed {
  std::string name;
  std::function<void(Cache&)> run;
  Text k = "old";
  Text longer = long_text('o');
};

std::vector<Deed> deeds() {
  return {
      {"get", [](Cache& cache) { (void)cache.get<std::string>("kept"); }},
      {"get long", [](Cache& cache) { (void)cache.get<std::string>("long"); }},
      {"put", [](Cache& cache) { cache.put("k", "new", {.tags = {"a", "b"}}); }, "new"},
      {"put long", [](Cache& cache) { cache.put("k", long_text('n')); }, long_text('n')},
      {"add", [](Cache& cache) { cache.add("added", 1); }},
      {"erase", [](Cache& cache) { cache.erase("k"); }, {}},
      {"erase long", [](Cache& cache) { cache.erase("long"); }, "old", {}},
      {"pop", [](Cache& cache) { (void)cache.pop<std::string>("long"); }, "old", {}},
      {"touch", [](Cache& cache) { cache.touch("k", std::chrono::hours(1)); }},
      {"incr", [](Cache& cache) { cache.incr("n"); }},
      {"swap",
       [](Cache& cache) { cache.compare_and_swap("k", std::string("old"), std::string("new")); },
       "new"},
      {"get or load",
       [](Cache& cache) { (void)cache.get_or_load("loaded", [] { return long_text('l'); }); }},
      {"transact",
       [](Cache& cache) {
         cache.transact([&] {
           cache.erase("k");
           cache.put("long", "short");
           cache.put("k", long_text('t'));
         });
       },
       long_text('t'), "short"},
      {"erase tag", [](Cache& cache) { cache.erase_tag("t"); }, {}, {}},
      {"select", [](Cache& cache) { (void)cache.select({.prefix = KeyPrefix::text("k")}); }},
      {"keys",
       [](Cache& cache) {
         for (const Key& key : cache.keys()) (void)key;
       }},
      {"queue",
       [](Cache& cache) {
         Queue queue(cache, "q");
         queue.push(1);
         (void)queue.pull<int>();
       }},
      {"sub", [](Cache& cache) { cache.sub("s").put("k", 1); }},
      {"clear", [](Cache& cache) { cache.sub("s").clear(); }},
      {"expire", [](Cache& cache) { cache.expire(); }},
      {"stats", [](Cache& cache) { (void)cache.stats(); }},
      {"verify", [](Cache& cache) { (void)cache.verify(); }},
      {"repair", [](Cache& cache) { (void)cache.repair(); }},
  };
}

void fill(Cache& cache) {
  cache.put("kept", "kept");
  cache.put("k", "old", {.tags = {"t"}});
  cache.put("long", long_text('o'), {.tags = {"t"}});
}

class MemoryFaultsTest : public ::testing::TestWithParam<const char*> {
 protected:
  [[nodiscard]] bool is_on_disk() const { return GetParam() == std::string("lmdb"); }

  [[nodiscard]] Cache open() {
    if (!is_on_disk()) return Cache(engine_, {.file_above_bytes = 5000});
    return Cache::open({.path = folder_ / "c", .settings = {.file_above_bytes = 5000}});
  }

  /// Whether an allocation failed, that is, whether the deed makes `nth` of them.
  bool fails_at(const Deed& deed, Cache& cache, std::uint64_t nth, Shortage shortage) {
    fill(cache);
    std::exception_ptr thrown;
    bool has_failed = false;
    {
      const FailingAllocations failing(nth, shortage);
      try {
        deed.run(cache);
      } catch (...) {
        thrown = std::current_exception();
      }
      has_failed = failing.has_failed();
    }
    if (!has_failed && thrown) std::rethrow_exception(thrown);
    check(cache, deed, thrown != nullptr);
    return has_failed;
  }

  /// Everything is as `deed` leaves it or, if it `may_be_undone`, as it was.
  static void check(Cache& cache, const Deed& deed = {}, bool may_be_undone = false) {
    EXPECT_EQ(cache.get<std::string>("kept"), "kept");
    const Text k = cache.get<std::string>("k");
    const Text longer = cache.get<std::string>("long");
    const bool is_done = k == deed.k && longer == deed.longer;
    const bool is_undone = k == Deed{}.k && longer == Deed{}.longer;
    EXPECT_TRUE(is_done || (may_be_undone && is_undone))
        << (k ? k->substr(0, 5) : "no k") << ", " << (longer ? longer->substr(0, 5) : "no long");
    EXPECT_EQ(cache.stats().corrupt_misses, 0U);
    cache.put("later", 1);
    EXPECT_EQ(cache.get<int>("later"), 1);
  }

  TempDir folder_{memory_folder()};
  EnginePtr engine_ = open_memory_engine();
};

INSTANTIATE_TEST_SUITE_P(Engines, MemoryFaultsTest, ::testing::Values("memory", "lmdb"),
                         [](const auto& test) { return std::string(test.param); });

TEST_P(MemoryFaultsTest, operation_happens_or_not) {
  Cache cache = open();
  std::uint64_t failures = 0;
  for (const Deed& deed : deeds()) {
    for (const Shortage shortage : {Shortage::one, Shortage::all}) {
      std::uint64_t nth = 0;
      while (fails_at(deed, cache, nth, shortage)) {
        ASSERT_FALSE(HasFailure()) << deed.name << ", allocation " << nth;
        ASSERT_LT(++nth, 5000U) << deed.name << " never ends";
      }
      failures += nth;
    }
    EXPECT_EQ(cache.verify().problems, std::vector<std::string>{}) << deed.name;
  }
  EXPECT_GT(failures, 2 * deeds().size()) << "allocations do not fail";
  cache = open();
  fill(cache);
  check(cache);
}

TEST_P(MemoryFaultsTest, opening_succeeds_or_not) {
  {
    Cache cache = open();
    fill(cache);
  }
  for (std::uint64_t nth = 0;; ++nth) {
    bool has_failed = false;
    {
      const FailingAllocations failing(nth);
      try {
        (void)open();
      } catch (const std::bad_alloc&) {
      } catch (const Error&) {
      }
      has_failed = failing.has_failed();
    }
    Cache cache = open();
    check(cache);
    ASSERT_FALSE(HasFailure()) << "allocation " << nth;
    fill(cache);
    if (!has_failed) {
      EXPECT_GT(nth, 10U) << "allocations do not fail";
      break;
    }
    ASSERT_LT(nth, 5000U);
  }
}

}  // namespace
}  // namespace larder::test
