// SPDX-License-Identifier: Apache-2.0

// A memory stays within its limit, keeps time, and computes once for all who want a result.

#include "larder/memo/memory.h"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "larder/core/error.h"
#include "larder/core/random.h"
#include "larder/memo/memoize.h"
#include "support/child.h"
#include "support/expect_kind.h"

namespace larder::test {
namespace {

using namespace std::chrono_literals;

/// A function that counts its calls, memoized in a memory with a clock that stands still.
class MemoryTest : public testing::Test {
 protected:
  using Options = MemoizeOptions<int(int)>;

  auto memoized(const MemoryOptions& memory, Options options = {}) {
    return memoize(Memory{memory, hooks_}, [this](int x) { return work_(x); }, std::move(options));
  }

  std::atomic<int> calls_ = 0;
  std::function<int(int)> work_ = [this](int /*x*/) { return ++calls_; };
  ManualClock clock_;
  std::vector<std::string> log_;
  MemoryHooks hooks_{.clock = &clock_, .log = [this](LogLevel /*level*/, std::string_view text) {
                       log_.emplace_back(text);
                     }};
};

/// Lets go of what was stored last.
class LastGoes final : public EvictionPolicy {
 public:
  [[nodiscard]] std::string memory_name() const override { return "last"; }
  [[nodiscard]] std::size_t memory_bytes() const override { return 0; }
  void attach(std::span<std::byte> /*memory*/) override {}
  void note_use(std::uint64_t /*sequence*/, BytesView /*key*/) noexcept override {}
  void note_store(std::uint64_t sequence, BytesView /*key*/) noexcept override { last_ = sequence; }
  void note_removal(std::uint64_t /*sequence*/, BytesView /*key*/,
                    RemovalCause cause) noexcept override {
    if (cause == RemovalCause::evicted) ++evicted_;
  }
  [[nodiscard]] std::optional<std::uint64_t> choose(Residents& /*residents*/) override {
    return last_;
  }

  [[nodiscard]] int evicted() const noexcept { return evicted_; }

 private:
  std::uint64_t last_ = 0;
  int evicted_ = 0;
};

TEST_F(MemoryTest, policy_of_ones_own_chooses) {
  const auto policy = std::make_shared<LastGoes>();
  hooks_.eviction_policy = policy;
  auto f = memoized({.max_entries = 3, .eviction = Eviction::custom});
  for (const int x : {1, 2, 3, 4, 5}) f(x);
  EXPECT_EQ(policy->evicted(), 2);
  EXPECT_NE(f.lookup(1), nullptr);
  EXPECT_NE(f.lookup(2), nullptr);
  EXPECT_EQ(f.lookup(3), nullptr);
  EXPECT_EQ(f.lookup(4), nullptr);
  EXPECT_NE(f.lookup(5), nullptr);
}

TEST_F(MemoryTest, limit_holds_with_every_policy) {
  for (const Eviction eviction : all_evictions) {
    if (eviction == Eviction::custom) continue;
    auto f = memoized({.max_entries = 10, .eviction = eviction});
    Random random(1);
    for (int i = 0; i < 5000; ++i) {
      f(static_cast<int>(random.below(30)));
      ASSERT_LE(f.stats().entries, 10U) << to_string(eviction);
    }
    const MemoizeStats stats = f.stats();
    EXPECT_EQ(stats.entries, 10U) << to_string(eviction);
    EXPECT_EQ(stats.hits + stats.misses, 5000U) << to_string(eviction);
    EXPECT_EQ(stats.misses - stats.entries, stats.evicted) << to_string(eviction);
    EXPECT_GT(stats.hits, 1000U) << to_string(eviction);
  }
}

TEST_F(MemoryTest, policies_choose_as_their_names_say) {
  const auto left_of_three = [&](Eviction eviction) {
    auto f = memoized({.max_entries = 3, .eviction = eviction});
    for (const int x : {1, 2, 3, 1, 1, 2, 2, 2, 3, 1}) f(x);  // 1: 4 uses, 2: 4, 3: 2
    f(4);
    std::vector<int> left;
    for (const int x : {1, 2, 3, 4}) {
      if (f.lookup(x) != nullptr) left.push_back(x);
    }
    return left;
  };
  EXPECT_EQ(left_of_three(Eviction::fifo), (std::vector{2, 3, 4}));
  EXPECT_EQ(left_of_three(Eviction::lru), (std::vector{1, 3, 4}));
  EXPECT_EQ(left_of_three(Eviction::lfu), (std::vector{1, 2, 4}));
  EXPECT_EQ(left_of_three(Eviction::mru), (std::vector{2, 3, 4}));
  EXPECT_EQ(left_of_three(Eviction::none), (std::vector{1, 2, 3}));
}

TEST_F(MemoryTest, nothing_or_everything_is_kept) {
  auto nothing = memoized({.max_entries = 0});
  EXPECT_EQ(nothing(1), 1);
  EXPECT_EQ(nothing(1), 2);
  EXPECT_EQ(nothing.stats().misses, 2U);

  auto everything = memoized({.max_entries = no_limit});
  for (int i = 0; i < 20'000; ++i) everything(i);
  EXPECT_EQ(everything.stats().entries, 20'000U);
}

TEST_F(MemoryTest, policy_of_ones_own) {
  expect_kind(ErrorKind::invalid_argument,
              [&] { (void)memoized({.max_entries = 3, .eviction = Eviction::custom}); });
}

TEST_F(MemoryTest, results_expire) {
  auto f = memoized({}, {.load = {.put = {.ttl = 10s}}});
  EXPECT_EQ(f(1), 1);
  clock_.advance(10s - 1us);
  EXPECT_EQ(f(1), 1);
  clock_.advance(1us);
  EXPECT_EQ(f.lookup(1), nullptr);
  EXPECT_EQ(f(1), 2);

  auto aging = memoized({}, {.load = {.max_age = 5s}});
  EXPECT_EQ(aging(1), 3);
  clock_.advance(5s);
  EXPECT_EQ(aging(1), 4);
}

TEST_F(MemoryTest, results_are_renewed_early_with_the_chance_that_was_asked_for) {
  work_ = [this](int /*x*/) { return clock_.advance(1s), ++calls_; };
  auto f = memoized({}, {.load = {.put = {.ttl = 1000s}, .early_refresh = 1e9}});
  EXPECT_EQ(f(1), 1);
  EXPECT_EQ(f(1), 2);

  auto never = memoized({}, {.load = {.put = {.ttl = 1000s}, .early_refresh = 1e-9}});
  EXPECT_EQ(never(1), 3);
  EXPECT_EQ(never(1), 3);
}

TEST_F(MemoryTest, stale_results_are_returned_while_they_are_computed_elsewhere) {
  std::vector<std::function<void()>> tasks;
  Options options{.load = {.put = {.ttl = 1s, .stale_for = 1min}}};
  options.load.refresh_on = [&](std::function<void()> task) { tasks.push_back(std::move(task)); };
  auto f = memoized({}, options);
  EXPECT_EQ(f(1), 1);
  clock_.advance(2s);
  EXPECT_EQ(f(1), 1);
  EXPECT_EQ(f(1), 1);
  ASSERT_EQ(tasks.size(), 1U);
  tasks.front()();
  tasks.clear();
  EXPECT_EQ(f(1), 2);

  clock_.advance(2s);
  work_ = [](int) -> int { throw std::runtime_error("no net"); };
  EXPECT_EQ(f(1), 2);
  tasks.front()();
  ASSERT_EQ(log_.size(), 1U);
  EXPECT_NE(log_.front().find("no net"), std::string::npos);
  EXPECT_EQ(f(1), 2);

  tasks.clear();  // who drops a task gives up the computation
  clock_.advance(2min);
  EXPECT_THROW(f(1), std::runtime_error);
}

TEST_F(MemoryTest, stale_result_outlives_a_failure_in_the_caller) {
  auto f = memoized({}, {.load = {.put = {.ttl = 1s, .stale_for = 1min}}});
  EXPECT_EQ(f(1), 1);
  clock_.advance(2s);
  EXPECT_EQ(f(1), 2);
  clock_.advance(2s);
  work_ = [](int) -> int { throw std::runtime_error("no net"); };
  EXPECT_EQ(f(1), 2);
  EXPECT_EQ(log_.size(), 1U);
}

TEST_F(MemoryTest, exceptions_are_remembered_if_asked_for) {
  work_ = [this](int) -> int {
    ++calls_;
    throw std::runtime_error("no");
  };
  auto f = memoized({}, {.remember_errors_for = 10s});
  EXPECT_THROW(f(1), std::runtime_error);
  EXPECT_THROW(f(1), std::runtime_error);
  EXPECT_EQ(calls_, 1);
  clock_.advance(10s);
  EXPECT_THROW(f(1), std::runtime_error);
  EXPECT_EQ(calls_, 2);
}

TEST_F(MemoryTest, options_that_mean_nothing_here_are_refused) {
  expect_kind(ErrorKind::invalid_argument,
              [&] { (void)memoized({}, {.load = {.put = {.tags = {"t"}}}}); });
  expect_kind(ErrorKind::invalid_argument,
              [&] { (void)memoized({}, {.load = {.put = {.idle_ttl = 1s}}}); });
  expect_kind(ErrorKind::invalid_argument,
              [&] { (void)memoized({.overflow = Overflow::spill_all}); });
}

TEST_F(MemoryTest, many_threads_compute_once) {
  constexpr int threads = 16;
  constexpr int keys = 50;
  std::atomic<int> wrong = 0;
  work_ = [this](int x) { return ++calls_, x * x; };
  auto f = memoized({});
  std::barrier start(threads);
  std::vector<std::jthread> all;
  all.reserve(threads);
  for (int t = 0; t < threads; ++t) {
    all.emplace_back([&, own = f]() mutable {
      for (int x = 0; x < keys; ++x) {
        start.arrive_and_wait();
        if (own(x) != x * x) ++wrong;
      }
    });
  }
  all.clear();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(calls_, keys);
}

TEST_F(MemoryTest, threads_get_right_results_from_a_memory_that_is_too_small) {
  for (const Eviction eviction : {Eviction::lru, Eviction::w_tinylfu, Eviction::sieve}) {
    std::atomic<int> wrong = 0;
    auto f = memoize(MemoryOptions{.max_entries = 20, .eviction = eviction},
                     [](int x) { return std::to_string(x); });
    std::vector<std::jthread> all;
    all.reserve(4);
    for (int t = 0; t < 4; ++t) {
      all.emplace_back([&, own = f, t]() mutable {
        Random random(static_cast<std::uint64_t>(t));
        for (int i = 0; i < 5000; ++i) {
          const int x = static_cast<int>(random.below(50));
          if (own(x) != std::to_string(x)) ++wrong;
          if (i % 100 == 0) own.forget(x);
          if (i % 1000 == 0) own.clear();
        }
      });
    }
    all.clear();
    EXPECT_EQ(wrong, 0);
    EXPECT_LE(f.stats().entries, 20U);
  }
}

TEST_F(MemoryTest, waiting_threads_share_what_is_thrown) {
  std::atomic<int> thrown = 0;
  work_ = [this](int) -> int {
    ++calls_;
    throw std::runtime_error("no");
  };
  auto f = memoized({});
  std::vector<std::jthread> all;
  all.reserve(4);
  for (int t = 0; t < 4; ++t) {
    all.emplace_back([&, own = f]() mutable {
      try {
        own(1);
      } catch (const std::runtime_error&) {
        ++thrown;
      }
    });
  }
  all.clear();
  EXPECT_EQ(thrown, 4);
}

TEST_F(MemoryTest, child_of_a_fork_starts_empty) {
  auto f = memoized({});
  f(1);
  const ChildEnd end = run_in_child([&] {
    if (f.lookup(1) != nullptr) return 1;
    const int first = f(1);
    return first == 2 && f(1) == first ? 0 : 2;
  });
  EXPECT_TRUE(end.is_good()) << end;
  EXPECT_EQ(f(1), 1);
}

/// An archive in a map.
class MapArchive final : public ResultArchive {
 public:
  [[nodiscard]] std::optional<ArchivedResult> get(const Key& key) override {
    if (is_broken) throw Error(ErrorKind::unavailable, "archive: away");
    const auto found = results.find(key);
    return found == results.end() ? std::nullopt : std::optional(found->second);
  }
  void put(const Key& key, const ArchivedResult& result) override {
    if (is_broken) throw Error(ErrorKind::unavailable, "archive: away");
    results.insert_or_assign(key, result);
  }
  void erase(const Key& key) override { results.erase(key); }
  [[nodiscard]] std::vector<Key> keys(const KeyPrefix& prefix) override {
    std::vector<Key> found;
    for (const auto& [key, result] : results) {
      if (starts_with(key.bytes(), prefix.encoded())) found.push_back(key);
    }
    return found;
  }

  std::map<Key, ArchivedResult> results;
  bool is_broken = false;
};

TEST_F(MemoryTest, evicted_results_come_back_from_the_archive) {
  const auto archive = std::make_shared<MapArchive>();
  hooks_.archive = archive;
  auto f = memoized({.max_entries = 2, .eviction = Eviction::fifo}, {.name = "f"});
  for (const int x : {1, 2, 3}) EXPECT_EQ(f(x), x);
  EXPECT_EQ(archive->results.size(), 1U);
  EXPECT_EQ(f.lookup(1), nullptr);
  EXPECT_EQ(f(1), 1);
  EXPECT_EQ(calls_, 3);
  EXPECT_EQ(f.stats().loads, 1U);
  EXPECT_EQ(f.stats().misses, 3U);

  f.clear();
  EXPECT_TRUE(f.load(2));
  EXPECT_FALSE(f.load(9));
  EXPECT_EQ(*f.lookup(2), 2);

  EXPECT_TRUE(f.forget(2));
  EXPECT_EQ(f(2), 4);
  EXPECT_EQ(f.dump(), 1U);
  EXPECT_FALSE(f.dump(7));
  EXPECT_TRUE(f.dump(2));
}

TEST_F(MemoryTest, full_memory_spills_everything) {
  const auto archive = std::make_shared<MapArchive>();
  hooks_.archive = archive;
  auto f = memoized({.max_entries = 3, .overflow = Overflow::spill_all}, {.name = "f"});
  for (const int x : {1, 2, 3}) f(x);
  EXPECT_EQ(archive->results.size(), 0U);
  f(4);
  EXPECT_EQ(archive->results.size(), 3U);
  EXPECT_EQ(f.stats().entries, 1U);
}

TEST_F(MemoryTest, without_memory_everything_is_archived) {
  const auto archive = std::make_shared<MapArchive>();
  hooks_.archive = archive;
  auto f = memoized({.max_entries = 0}, {.name = "f"});
  EXPECT_EQ(f(1), 1);
  EXPECT_EQ(f(1), 1);
  EXPECT_EQ(f.stats().hits, 0U);
  EXPECT_EQ(f.stats().loads, 1U);
}

TEST_F(MemoryTest, archive_is_loaded_as_far_as_there_is_room) {
  const auto archive = std::make_shared<MapArchive>();
  hooks_.archive = archive;
  auto other = memoized({}, {.name = "g"});
  auto first = memoized({}, {.name = "f"});
  for (const int x : {1, 2, 3, 4}) first(x);
  other(1);
  EXPECT_EQ(first.dump() + other.dump(), 5U);

  auto f = memoized({.max_entries = 3}, {.name = "f"});
  EXPECT_EQ(f.load(), 3U);
  EXPECT_EQ(f.stats().entries, 3U);
  EXPECT_EQ(f.stats().evicted, 0U);
  EXPECT_EQ(f.load(), 0U);

  auto all = memoized({}, {.name = "f"});
  EXPECT_EQ(all(2), 2);  // one at a time
  EXPECT_EQ(all.load(), 3U);
  for (const int x : {1, 2, 3, 4}) EXPECT_EQ(*all.lookup(x), x);
  EXPECT_EQ(calls_, 5);
}

TEST_F(MemoryTest, archive_is_taken_away_and_replaced) {
  const auto archive = std::make_shared<MapArchive>();
  const auto another = std::make_shared<MapArchive>();
  hooks_.archive = archive;
  auto f = memoized({}, {.name = "f"});
  EXPECT_EQ(f(1), 1);
  EXPECT_EQ(f.set_archive(nullptr), archive);
  EXPECT_EQ(f.dump(), 0U);
  EXPECT_EQ(f.load(), 0U);
  EXPECT_EQ(*f.lookup(1), 1);
  EXPECT_EQ(f.set_archive(another), nullptr);
  EXPECT_EQ(f.dump(), 1U);
  EXPECT_EQ(archive->results.size(), 0U);
  EXPECT_EQ(another->results.size(), 1U);
  const ChildEnd end = run_in_child([&] { return f.lookup(1) == nullptr && f.load(1) ? 0 : 1; });
  EXPECT_TRUE(end.is_good()) << end;

  hooks_.archive = nullptr;
  auto without = memoized({});
  expect_kind(ErrorKind::invalid_argument, [&] { without.set_archive(archive); });
}

TEST_F(MemoryTest, functions_in_one_archive_keep_apart) {
  hooks_.archive = std::make_shared<MapArchive>();
  auto f = memoized({.max_entries = 0}, {.name = "f"});
  auto g = memoized({.max_entries = 0}, {.name = "g"});
  EXPECT_EQ(f(1), 1);
  EXPECT_EQ(g(1), 2);
  EXPECT_EQ(f(1), 1);
  expect_kind(ErrorKind::invalid_argument, [&] { (void)memoized({}); });  // without a name
}

int one_more(int x) { return x + 1; }
int one_less(int x) { return x - 1; }

TEST_F(MemoryTest, changed_code_finds_no_archived_results) {
  const auto archive = std::make_shared<MapArchive>();
  hooks_.archive = archive;
  const Memory where{.options = {.max_entries = 0}, .hooks = hooks_};
  EXPECT_EQ(memoize(where, one_more, {.name = "f"})(1), 2);
  EXPECT_EQ(memoize(where, one_less, {.name = "f"})(1), 0);
  EXPECT_EQ(memoize(where, one_more, {.name = "f"})(1), 2);
  EXPECT_EQ(archive->results.size(), 2U);
  EXPECT_EQ(memoize(where, one_more, {.name = "f", .code = ""})(1), 2);
  EXPECT_EQ(memoize(where, one_less, {.name = "f", .code = ""})(1), 2);
}

TEST_F(MemoryTest, archive_that_fails_is_reported_and_costs_nothing_else) {
  const auto archive = std::make_shared<MapArchive>();
  archive->is_broken = true;
  hooks_.archive = archive;
  auto f = memoized({.max_entries = 1}, {.name = "f"});
  EXPECT_EQ(f(1), 1);
  EXPECT_EQ(f(2), 2);
  EXPECT_EQ(log_.size(), 3U);  // two looks, one eviction
}

TEST_F(MemoryTest, archived_results_keep_their_expiry) {
  const auto archive = std::make_shared<MapArchive>();
  hooks_.archive = archive;
  auto f = memoized({.max_entries = 0}, {.name = "f", .load = {.put = {.ttl = 10s}}});
  EXPECT_EQ(f(1), 1);
  clock_.advance(9s);
  EXPECT_EQ(f(1), 1);
  clock_.advance(1s);
  EXPECT_EQ(f(1), 2);
}

TEST_F(MemoryTest, archive_in_a_cache) {
  hooks_.archive = archive_in(Cache::temporary());
  auto f = memoized({.max_entries = 0}, {.name = "f"});
  EXPECT_EQ(f(1), 1);
  EXPECT_EQ(f(1), 1);
  f.forget(1);
  EXPECT_EQ(f(1), 2);
}

}  // namespace
}  // namespace larder::test
