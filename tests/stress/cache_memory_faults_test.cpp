// SPDX-License-Identifier: Apache-2.0

// Every allocation that an operation makes fails once, and once from then on: the operation says so
// or succeeds, what it did not do is not half done, and the cache goes on.

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <exception>
#include <functional>
#include <limits>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "larder/cache/cache.h"
#include "larder/cache/queue.h"
#include "support/temp_dir.h"

namespace {

enum class After { one, all };

/// How the allocations of this thread fail.
struct Plan {
  std::uint64_t left = std::numeric_limits<std::uint64_t>::max();
  After after = After::one;
  bool has_failed = false;
};
thread_local constinit Plan plan;

void* allocate(std::size_t size, std::size_t alignment) {
  if (plan.left == 0) {
    plan.has_failed = true;
    if (plan.after == After::one) plan.left = std::numeric_limits<std::uint64_t>::max();
    return nullptr;
  }
  --plan.left;
  const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
  return std::aligned_alloc(alignment, rounded == 0 ? alignment : rounded);
}

void* allocate_or_throw(std::size_t size, std::size_t alignment) {
  void* memory = allocate(size, alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t size) { return allocate_or_throw(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate_or_throw(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size, alignof(std::max_align_t));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace larder::test {
namespace {

struct Deed {
  std::string name;
  std::function<void(Cache&)> run;
};

std::string long_text(char letter) { return std::string(9000, letter); }

std::vector<Deed> deeds() {
  return {
      {"get", [](Cache& cache) { (void)cache.get<std::string>("kept"); }},
      {"get long", [](Cache& cache) { (void)cache.get<std::string>("long"); }},
      {"put", [](Cache& cache) { cache.put("k", "new", {.tags = {"a", "b"}}); }},
      {"put long", [](Cache& cache) { cache.put("k", long_text('n')); }},
      {"add", [](Cache& cache) { cache.add("added", 1); }},
      {"erase", [](Cache& cache) { cache.erase("k"); }},
      {"erase long", [](Cache& cache) { cache.erase("long"); }},
      {"pop", [](Cache& cache) { (void)cache.pop<std::string>("long"); }},
      {"touch", [](Cache& cache) { cache.touch("k", std::chrono::hours(1)); }},
      {"incr", [](Cache& cache) { cache.incr("n"); }},
      {"swap",
       [](Cache& cache) { cache.compare_and_swap("k", std::string("old"), std::string("new")); }},
      {"get or load",
       [](Cache& cache) { (void)cache.get_or_load("loaded", [] { return long_text('l'); }); }},
      {"transact",
       [](Cache& cache) {
         cache.transact([&] {
           cache.erase("k");
           cache.put("long", "short");
           cache.put("k", long_text('t'));
         });
       }},
      {"erase tag", [](Cache& cache) { cache.erase_tag("t"); }},
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
  bool fails_at(const Deed& deed, Cache& cache, std::uint64_t nth, After after) {
    fill(cache);
    plan = {.left = nth, .after = after};
    std::exception_ptr thrown;
    try {
      deed.run(cache);
    } catch (...) {
      thrown = std::current_exception();
    }
    const bool has_failed = std::exchange(plan, {}).has_failed;
    if (!has_failed && thrown) std::rethrow_exception(thrown);
    check(cache);
    return has_failed;
  }

  static void check(Cache& cache) {
    EXPECT_EQ(cache.get<std::string>("kept"), "kept");
    const auto text = cache.get<std::string>("k");
    EXPECT_TRUE(!text || text == "old" || text == "new" || text == long_text('n') ||
                text == long_text('t'));
    const auto longer = cache.get<std::string>("long");
    EXPECT_TRUE(!longer || longer == long_text('o') || longer == "short");
    EXPECT_EQ(text == long_text('t'), longer == "short");
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
  for (const Deed& deed : deeds()) {
    for (const After after : {After::one, After::all}) {
      std::uint64_t nth = 0;
      while (fails_at(deed, cache, nth, after)) {
        ASSERT_FALSE(HasFailure()) << deed.name << ", allocation " << nth;
        ASSERT_LT(++nth, 5000U) << deed.name << " never ends";
      }
    }
    EXPECT_EQ(cache.verify().problems, std::vector<std::string>{}) << deed.name;
  }
  cache = open();
  check(cache);
}

TEST_P(MemoryFaultsTest, opening_succeeds_or_not) {
  {
    Cache cache = open();
    fill(cache);
  }
  for (std::uint64_t nth = 0;; ++nth) {
    plan = {.left = nth};
    try {
      (void)open();
    } catch (const std::bad_alloc&) {
    } catch (const Error&) {
    }
    const bool has_failed = std::exchange(plan, {}).has_failed;
    Cache cache = open();
    check(cache);
    ASSERT_FALSE(HasFailure()) << "allocation " << nth;
    fill(cache);
    if (!has_failed) break;
    ASSERT_LT(nth, 5000U);
  }
}

}  // namespace
}  // namespace larder::test
