// SPDX-License-Identifier: Apache-2.0

// Results in a cache: found by later runs and other processes, never by other functions.

#include <gtest/gtest.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "larder/code/source_text.h"
#include "larder/core/error.h"
#include "larder/memo/memoize.h"
#include "support/child.h"
#include "support/expect_kind.h"
#include "support/shared_block.h"
#include "support/temp_dir.h"

namespace larder::test {

using namespace std::chrono_literals;

/// A class with a name that is the same in every program.
struct AddTwo {
  int operator()(int x) const { return x + 2; }
};
struct AddThree {
  int operator()(int x) const { return x + 3; }
};

namespace {

int add_one(int x) { return x + 1; }

int step = 0;
int step_from(int x) { return x + step; }
int also_step_from(int x) { return x + step; }

class MemoizeCacheTest : public testing::Test {
 protected:
  [[nodiscard]] Cache open() {
    return Cache::open({.path = folder_ / "cache", .durability = Durability::disposable},
                       {.clock = &clock_, .log = [this](LogLevel, std::string_view text) {
                          log_.emplace_back(text);
                        }});
  }
  auto counted(const std::string& name) {
    return memoize(open(), [this](int x) { return ++calls_, 10 * x; }, {.name = name});
  }

  TempDir folder_{memory_folder()};
  ManualClock clock_;
  std::vector<std::string> log_;
  int calls_ = 0;
};

TEST_F(MemoizeCacheTest, results_outlive_the_handle) {
  EXPECT_EQ(counted("f")(1), 10);
  auto f = counted("f");
  EXPECT_EQ(f(1), 10);
  EXPECT_EQ(calls_, 1);
  EXPECT_EQ(f.stats().hits, 1U);
  EXPECT_EQ(f(2), 20);
  EXPECT_EQ(f.stats().misses, 1U);
}

TEST_F(MemoizeCacheTest, handles) {
  auto f = counted("f");
  EXPECT_EQ(f.lookup(1), nullptr);
  f(1);
  EXPECT_EQ(*f.lookup(1), 10);
  EXPECT_EQ(*f.share(1), 10);
  EXPECT_EQ(f.refresh(1), 10);
  EXPECT_EQ(calls_, 2);
  EXPECT_TRUE(f.forget(1));
  EXPECT_FALSE(f.forget(1));
  EXPECT_EQ(f.arguments(f.key(5)), std::tuple(5));
}

TEST_F(MemoizeCacheTest, functions_in_one_cache_keep_apart) {
  auto f = counted("f");
  auto g = counted("g");
  auto text = memoize(open(), [](int x) { return std::to_string(x); }, {.name = "f"});
  auto wide = memoize(open(), [](const std::string& x) { return static_cast<int>(x.size()); },
                      {.name = "f"});
  auto newer = memoize(open(), [](int x) { return x; }, {.name = "f", .version = "2"});
  auto changed = memoize(open(), [](int x) { return -x; }, {.name = "f", .code = "other"});

  EXPECT_EQ(f(1), 10);
  EXPECT_EQ(g(1), 10);
  EXPECT_EQ(calls_, 2);
  EXPECT_EQ(text(1), "1");
  EXPECT_EQ(wide("1"), 1);
  EXPECT_EQ(newer(1), 1);
  EXPECT_EQ(changed(1), -1);
  EXPECT_EQ(f(1), 10);

  f.clear();
  EXPECT_EQ(f.lookup(1), nullptr);
  EXPECT_NE(g.lookup(1), nullptr);
  EXPECT_NE(newer.lookup(1), nullptr);
}

TEST_F(MemoizeCacheTest, classes_with_names_need_no_other) {
  auto two = memoize(open(), AddTwo());
  auto three = memoize(open(), AddThree());
  EXPECT_EQ(two(1), 3);
  EXPECT_EQ(three(1), 4);
  EXPECT_EQ(memoize(open(), AddTwo()).key(1), two.key(1));
}

TEST_F(MemoizeCacheTest, functions_that_nothing_tells_apart_are_refused) {
  struct Local {
    int operator()(int x) const { return x; }
  };
  struct Stateful {
    int state = 0;
    int operator()(int x) const { return x + state; }
  };
  const auto refused = [&](auto f, const std::optional<std::string>& code) {
    expect_kind(ErrorKind::invalid_argument, [&] {
      MemoizeOptions<int(int)> options{.code = code};
      (void)memoize(open(), f, std::move(options));
    });
  };
  refused([](int x) { return x; }, "");
  refused(Local(), "");
  refused(add_one, "");
  refused([this](int x) { return x + calls_; }, std::nullopt);
  refused(Stateful(), std::nullopt);
  refused(std::function<int(int)>(AddTwo()), std::nullopt);
  expect_kind(ErrorKind::invalid_argument, [&] {  // a name does not say what it calls
    (void)memoize(open(), std::function<int(int)>(AddTwo()), {.name = "f"});
  });
  expect_kind(ErrorKind::invalid_argument,
              [&] { (void)memoize(open(), AddTwo(), {.remember_errors_for = 1s}); });
  EXPECT_EQ(memoize(open(), [](int x) { return x; }, {.code = "1f"})(1), 1);
}

TEST_F(MemoizeCacheTest, code_tells_functions_without_state_apart) {
  if (const CodeFingerprint code = fingerprint_of(add_one); code.mode == CodeMode::build_id) {
    GTEST_SKIP() << code.fallback_reason;
  }
  auto one = memoize(open(), add_one);
  auto minus = memoize(open(), [](int x) { return x - 1; });
  auto times = memoize(open(), [](int x) { return x * 1000; });
  EXPECT_EQ(one(5), 6);
  EXPECT_EQ(minus(5), 4);
  EXPECT_EQ(times(5), 5000);
  EXPECT_EQ(memoize(open(), add_one).key(5), one.key(5));
  EXPECT_NE(memoize(open(), add_one, {.code = "other"}).key(5), one.key(5));
}

TEST_F(MemoizeCacheTest, function_of_one_name_with_other_code_is_another) {
  auto before = memoize(open(), [](int x) { return x + 10; }, {.name = "f"});
  auto after = memoize(open(), [](int x) { return x * 77; }, {.name = "f"});
  auto by_name_before = memoize(open(), [](int x) { return x + 10; }, {.name = "f", .code = ""});
  auto by_name_after = memoize(open(), [](int x) { return x * 77; }, {.name = "f", .code = ""});

  EXPECT_EQ(by_name_before(1), 11);
  EXPECT_EQ(by_name_after(1), 11);  // as was asked for
  if (const CodeFingerprint code = fingerprint_of(add_one); code.mode == CodeMode::build_id) {
    GTEST_SKIP() << code.fallback_reason;
  }
  EXPECT_EQ(before(1), 11);
  EXPECT_EQ(after(1), 77);
}

TEST_F(MemoizeCacheTest, every_kind_of_result) {
  int calls = 0;
  auto nothing = memoize(open(), [&](int) { ++calls; }, {.name = "nothing"});
  nothing(1);
  nothing(1);
  EXPECT_EQ(calls, 1);

  auto maybe = memoize(open(), [&](int) { return ++calls, std::optional<int>(); }, {.name = "may"});
  EXPECT_EQ(maybe(1), std::nullopt);
  EXPECT_EQ(maybe(1), std::nullopt);
  EXPECT_EQ(calls, 2);

  auto picky = memoize(open(), [&](int x) { return ++calls, x; },
                       {.name = "picky", .keep_if = [](int x) { return x > 0; }});
  EXPECT_EQ(picky(0), 0);
  EXPECT_EQ(picky(0), 0);
  EXPECT_EQ(calls, 4);
  EXPECT_EQ(picky.stats().misses, 2U);

  auto throwing =
      memoize(open(), [&](int) -> int { throw std::runtime_error("no"); }, {.name = "throwing"});
  EXPECT_THROW(throwing(1), std::runtime_error);
  EXPECT_EQ(throwing.lookup(1), nullptr);
}

TEST_F(MemoizeCacheTest, digest_and_text_keys_are_cleared_too) {
  for (const KeyMap& map : {KeyMap::digest(), KeyMap::text()}) {
    auto f = memoize(open(), AddTwo(), {.keys = {.map = map}});
    EXPECT_EQ(f(1), 3);
    EXPECT_NE(f.lookup(1), nullptr);
    f.clear();
    EXPECT_EQ(f.lookup(1), nullptr);
  }
}

TEST_F(MemoizeCacheTest, results_expire_and_are_renewed_elsewhere) {
  std::vector<std::function<void()>> tasks;
  LoadOptions load{.put = {.ttl = 1s, .stale_for = 1h, .tags = {"t"}}};
  load.refresh_on = [&](std::function<void()> task) { tasks.push_back(std::move(task)); };
  int calls = 0;
  auto f = memoize(open(), [&](const std::string& text) { return text + std::to_string(++calls); },
                   {.name = "f", .load = load});
  EXPECT_EQ(f("a"), "a1");
  clock_.advance(2s);
  EXPECT_EQ(f(std::string("a")), "a1");  // an argument that is gone when the task runs
  ASSERT_EQ(tasks.size(), 1U);
  tasks.front()();
  EXPECT_EQ(f("a"), "a2");
  EXPECT_EQ(open().erase_tag("t"), 1U);
}

TEST_F(MemoizeCacheTest, argument_that_another_keeps_is_used_while_the_caller_waits) {
  std::vector<std::function<void()>> tasks;
  LoadOptions load{.put = {.ttl = 1s, .stale_for = 1h}};
  load.refresh_on = [&](std::function<void()> task) { tasks.push_back(std::move(task)); };
  int calls = 0;
  const auto f = [&](std::string_view text) { return std::string(text) + std::to_string(++calls); };
  auto on_disk = memoize(open(), f, {.name = "f", .load = load});
  auto in_memory = memoize(Memory{.options = {}, .hooks = {.clock = &clock_}}, f, {.load = load});
  on_disk("a");
  in_memory("a");
  clock_.advance(2s);
  EXPECT_EQ(on_disk("a"), "a3");
  EXPECT_EQ(in_memory("a"), "a4");
  EXPECT_TRUE(tasks.empty());
}

TEST_F(MemoizeCacheTest, functions_of_equal_code_keep_apart) {
  auto one = memoize(open(), step_from);
  auto other = memoize(open(), also_step_from);
  EXPECT_NE(one.key(1), other.key(1));
}

TEST_F(MemoizeCacheTest, integers_of_other_widths_are_other_types) {
  const auto key = [this]<typename T>(T value) {
    return memoize(open(), [](T x) { return x; }, {.name = "f", .code = ""}).key(value);
  };
  EXPECT_NE(key(1), key(1L));
  EXPECT_NE(key(1), key(1U));
  EXPECT_EQ(key(1L), key(1LL));
}

TEST_F(MemoizeCacheTest, source_text_is_the_code_of_a_function_that_knows_it) {
  const auto area = LARDER_FN([](double width, double height) { return width * height; });
  const auto other = LARDER_FN([](double width, double height) { return width + height; });
  auto kept = memoize(open(), area, {.name = "area"});
  EXPECT_EQ(kept(2, 3), 6.0);
  EXPECT_EQ(kept.key(2, 3), memoize(open(), area, {.name = "area"}).key(2, 3));
  EXPECT_NE(kept.key(2, 3), memoize(open(), other, {.name = "area"}).key(2, 3));
  EXPECT_EQ(
      kept.key(2, 3),
      memoize(open(), other, {.name = "area", .code = area.source_digest().to_string()}).key(2, 3));
}

TEST_F(MemoizeCacheTest, two_tiers_are_coherent) {
  auto tier = memoize(ObjectTier<int>(open()), AddTwo());
  auto direct = memoize(open(), AddTwo());
  EXPECT_EQ(tier(1), 3);
  EXPECT_EQ(tier(1), 3);
  EXPECT_EQ(tier.share(1), tier.share(1));
  EXPECT_NE(direct.lookup(1), nullptr);
  direct.forget(1);
  EXPECT_EQ(tier.lookup(1), nullptr);
  EXPECT_EQ(tier.refresh(1), 3);
  EXPECT_TRUE(tier.forget(1));
  tier(2);
  tier.clear();
  EXPECT_EQ(direct.lookup(2), nullptr);
}

TEST_F(MemoizeCacheTest, cache_in_shards) {
  const Cache cache = Cache::open({.path = folder_ / "shards", .shards = 4});
  auto f = memoize(cache, AddTwo());
  for (int i = 0; i < 50; ++i) EXPECT_EQ(f(i), i + 2);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(f(i), i + 2);
  EXPECT_EQ(f.stats().hits, 50U);
  f.clear();
  EXPECT_EQ(cache.size(), 0U);
}

TEST_F(MemoizeCacheTest, recursion) {
  std::function<std::uint64_t(int)> again;
  auto f = memoize(open(),
                   [&](int n) -> std::uint64_t {
                     return n < 2 ? static_cast<std::uint64_t>(n) : again(n - 1) + again(n - 2);
                   },
                   {.name = "fibonacci"});
  again = f;
  EXPECT_EQ(f(60), 1548008755920U);
  EXPECT_EQ(f.stats().misses, 61U);
}

/// Where threads of several processes wait for each other.
class StartLine {
 public:
  explicit StartLine(unsigned runners) {
    pthread_barrierattr_t shared;
    pthread_barrierattr_init(&shared);
    pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(&*barrier_, &shared, runners);
    pthread_barrierattr_destroy(&shared);
  }
  void wait() const { pthread_barrier_wait(&*barrier_); }

 private:
  SharedBlock<pthread_barrier_t> barrier_;
};

TEST_F(MemoizeCacheTest, stampede_of_threads_and_processes_computes_once) {
  constexpr int processes = 8;
  constexpr int threads = 64;
  {
    const Cache made = open();
  }
  const StartLine start(processes * threads);
  const auto stampede = [&] {
    Cache cache = open();
    auto f = memoize(cache,
                     [&](int x) {
                       cache.incr("computations");
                       std::this_thread::sleep_for(20ms);  // sleeps: is what takes long
                       return x + 1;
                     },
                     {.name = "slow"});
    std::atomic<int> wrong = 0;
    std::vector<std::jthread> all;
    all.reserve(threads);
    for (int t = 0; t < threads; ++t) {
      all.emplace_back([&, own = f]() mutable {
        start.wait();
        if (own(1) != 2) ++wrong;
      });
    }
    all.clear();
    return wrong.load();
  };
  {
    std::vector<Child> children;
    children.reserve(processes);
    for (int p = 0; p < processes; ++p) children.emplace_back(stampede);
    for (Child& child : children) {
      const ChildEnd end = child.wait();
      EXPECT_TRUE(end.is_good()) << end;
    }
  }
  EXPECT_EQ(open().get<std::int64_t>("computations"), 1);
}

struct Base {
  virtual ~Base() = default;
  virtual int value(int x) { return x; }
};

TEST_F(MemoizeCacheTest, log_hook_hears_once_that_the_whole_binary_counts) {
  for (int i = 0; i < 2; ++i) {
    static_cast<void>(safe_memoize(open(), &Base::value, {.name = "value"}));
  }
  EXPECT_EQ(std::ranges::count_if(
                log_, [](const std::string& text) { return text.starts_with("code: "); }),
            1);
}

}  // namespace
}  // namespace larder::test
