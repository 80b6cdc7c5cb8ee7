// SPDX-License-Identifier: Apache-2.0

// Policies beside their choice: what they keep over processes and restarts, how they bear lost or
// broken notes and undone updates, one's own policies, and how good the sampled ones are.

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>

#include "cache/policy/memory_residents.h"
#include "cache/policy/policies.h"
#include "cache/policy/random_choice.h"
#include "cache_fixture.h"
#include "larder/core/random.h"
#include "policies.h"
#include "support/child.h"

namespace larder::test {
namespace {

constexpr int limit = 100;
constexpr int hot = 25;

void fill(Cache& cache, int from, int to) {
  for (int i = from; i < to; ++i) cache.put(i, i);
}

void use_hot(const Cache& cache) {
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < hot; ++i) EXPECT_EQ(cache.get<int>(i), i);
  }
}

int hot_ones_in(const Cache& cache) {
  int count = 0;
  for (int i = 0; i < hot; ++i) count += cache.contains(i) ? 1 : 0;
  return count;
}

CacheSettings limited(Eviction eviction) { return {.max_entries = limit, .eviction = eviction}; }

class Protection : public testing::TestWithParam<Eviction> {
 protected:
  [[nodiscard]] CacheOptions options() const {
    return {.path = folder_ / "cache",
            .settings = limited(GetParam()),
            .durability = Durability::disposable};
  }

  TempDir folder_;
};

TEST_P(Protection, reads_of_one_process_protect_from_eviction_by_another) {
  Cache cache = Cache::open(options());
  fill(cache, 0, limit);
  const ChildEnd end = run_in_child([&] {
    use_hot(Cache::open(options()));
    return testing::Test::HasFailure() ? 1 : 0;
  });
  ASSERT_TRUE(end.is_good());

  fill(cache, 1000, 1000 + limit / 2);

  EXPECT_EQ(hot_ones_in(cache), hot);
  EXPECT_EQ(cache.size(), unsigned{limit});
}

TEST_P(Protection, restart_keeps_what_was_noted) {
  // In children, so that nothing in the memory of this process can help.
  const auto in_child = [&](auto body) {
    const ChildEnd end = run_in_child([&] {
      Cache cache = Cache::open(options());
      body(cache);
      return testing::Test::HasFailure() ? 1 : 0;
    });
    ASSERT_TRUE(end.is_good());
  };
  in_child([](Cache& cache) {
    fill(cache, 0, limit);
    use_hot(cache);
  });
  in_child([](Cache& cache) { fill(cache, 1000, 1000 + limit / 2); });

  EXPECT_EQ(hot_ones_in(Cache::open(options())), hot);
}

TEST_P(Protection, killed_reader_has_protected_what_it_read) {
  Cache cache = Cache::open(options());
  fill(cache, 0, limit);
  const ChildEnd end = run_in_child([&]() -> int {
    use_hot(Cache::open(options()));
    return ::raise(SIGKILL);
  });
  ASSERT_EQ(end.signal, SIGKILL);

  fill(cache, 1000, 1000 + limit / 2);

  EXPECT_EQ(hot_ones_in(cache), hot);
}

TEST_P(Protection, large_cache_keeps_nearly_all_of_its_hot_part) {
  constexpr int many = 4000;
  Cache cache(open_memory_engine(), {.max_entries = many, .eviction = GetParam()});
  fill(cache, 0, many);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < many; i += 4) EXPECT_EQ(cache.get<int>(i), i);
  }

  fill(cache, many, many + 2000);

  int kept = 0;
  for (int i = 0; i < many; i += 4) kept += cache.contains(i) ? 1 : 0;
  EXPECT_GE(kept, 970) << "of 1000 that were used";
  EXPECT_EQ(cache.size(), unsigned{many});
}

INSTANTIATE_TEST_SUITE_P(Policies, Protection, testing::ValuesIn(protecting_policies), policy_name);

class AnyPolicy : public testing::TestWithParam<Eviction> {
 protected:
  [[nodiscard]] Cache open() const { return Cache(engine_, limited(GetParam())); }

  EnginePtr engine_ = open_memory_engine();
};

TEST_P(AnyPolicy, broken_notes_do_no_harm) {
  const auto policy = detail::make_policy(GetParam(), detail::table_size(limit, no_limit));
  if (!policy || policy->memory_bytes() == 0) return;
  Cache cache = open();
  fill(cache, 0, limit);
  Random random(1);
  for (int i = 0; i < 40; ++i) {
    const auto memory =
        engine_->shared_memory("cache." + policy->memory_name(), policy->memory_bytes());
    for (std::byte& byte : memory) byte = static_cast<std::byte>(random());
    for (int j = 0; j < 60; ++j) {
      const int key = static_cast<int>(random.below(300));
      if (!cache.get<int>(key)) cache.put(key, key);
      ASSERT_LE(cache.size(), unsigned{limit});
      ASSERT_TRUE(cache.contains(key));
    }
  }
  EXPECT_TRUE(cache.verify().problems.empty());
}

TEST_P(AnyPolicy, undone_updates_leave_nothing_that_cannot_go) {
  Cache cache = open();
  Random random(2);
  const auto churn = [&](int steps) {
    for (int i = 0; i < steps; ++i) {
      const int key = static_cast<int>(random.below(400));
      if (random.below(9) == 0) cache.erase(key);
      if (!cache.get<int>(key)) cache.put(key, key);
    }
  };
  for (int round = 0; round < 30; ++round) {
    churn(50);
    const auto undone = [&] {
      cache.transact([&] {
        churn(40);
        throw std::runtime_error("undo");
      });
    };
    EXPECT_THROW(undone(), std::runtime_error);
  }
  EXPECT_TRUE(cache.verify().problems.empty());
  // These two keep what is old, or was popular once, on purpose.
  if (GetParam() == Eviction::mru || GetParam() == Eviction::lfu) return;

  // What is popular changes: in the end nothing of the old is left.
  for (int phase = 1; phase <= 20; ++phase) {
    for (int i = 0; i < 2000; ++i) {
      const std::uint64_t spread = random.below(5) == 0 ? 400 : 50;
      const int key = phase * 1000 + static_cast<int>(random.below(spread));
      if (!cache.get<int>(key)) cache.put(key, key);
    }
  }
  int old = 0;
  for (int i = 0; i < 400; ++i) old += cache.contains(i) ? 1 : 0;
  EXPECT_EQ(old, 0);
}

TEST_P(AnyPolicy, policy_can_be_changed_to_and_from) {
  for (const Eviction other : evicting_policies) {
    SCOPED_TRACE(to_string(other));
    Cache cache = open();
    fill(cache, 0, 300);
    cache.change_settings({.eviction = other});
    fill(cache, 300, 600);
    EXPECT_EQ(cache.size(), unsigned{limit});
    cache.change_settings({.max_entries = 50, .eviction = GetParam()});
    EXPECT_EQ(cache.size(), 50U);
    fill(cache, 600, 900);
    EXPECT_EQ(cache.size(), 50U);
    EXPECT_TRUE(cache.contains(899));
  }
  EXPECT_TRUE(open().verify().problems.empty());
}

TEST_P(AnyPolicy, counters_tell_by_cause) {
  ManualClock clock;
  Cache cache(engine_, limited(GetParam()), {.clock = &clock});
  fill(cache, 0, limit + 40);
  EXPECT_EQ(cache.stats().evicted, 40U);
  cache.clear();
  EXPECT_EQ(cache.stats().erased, unsigned{limit});
  cache.put(1, 1, {.ttl = std::chrono::seconds{1}});
  clock.advance(std::chrono::seconds{1});
  EXPECT_EQ(cache.expire(), 1U);

  EXPECT_EQ(cache.stats().expired, 1U);
  EXPECT_EQ(cache.stats().evicted, 40U);
  EXPECT_EQ(cache.stats().puts, unsigned{limit + 41});
}

INSTANTIATE_TEST_SUITE_P(Policies, AnyPolicy, testing::ValuesIn(evicting_policies), policy_name);

TEST(RandomChoice, every_entry_is_as_likely_as_any_other) {
  detail::MemoryResidents residents;
  detail::RandomChoice policy;
  std::array<int, 10> tenths{};
  std::vector<std::uint64_t> all;
  for (int i = 0; i < 20'000; ++i) {
    residents.add(as_bytes("key"));
    if (residents.entries() <= 100) continue;
    const std::optional<std::uint64_t> victim = policy.choose(residents);
    ASSERT_TRUE(victim && residents.contains(*victim));
    all.clear();
    residents.list(0, 101, all);
    const auto rank = static_cast<std::size_t>(std::ranges::find(all, *victim) - all.begin());
    ++tenths.at(rank * tenths.size() / all.size());
    residents.remove(*victim);
  }
  for (const int count : tenths) EXPECT_NEAR(count, 1990, 250);
}

/// Gives up the longest key, and remembers in shared memory how often it was asked.
class LongestKey final : public EvictionPolicy {
 public:
  [[nodiscard]] std::string memory_name() const override { return "longest_key"; }
  [[nodiscard]] std::size_t memory_bytes() const override { return 64; }
  void attach(std::span<std::byte> memory) override { memory_ = memory; }
  void note_use(std::uint64_t /*sequence*/, BytesView /*key*/) noexcept override { ++uses_; }
  void note_store(std::uint64_t /*sequence*/, BytesView /*key*/) noexcept override { ++stores_; }
  void note_removal(std::uint64_t /*sequence*/, BytesView /*key*/,
                    RemovalCause cause) noexcept override {
    causes_.push_back(cause);
  }
  [[nodiscard]] std::optional<std::uint64_t> choose(Residents& residents) override {
    std::vector<std::uint64_t> all;
    residents.list(residents.first(), residents.entries(), all);
    return *std::ranges::max_element(
        all, {}, [&](std::uint64_t sequence) { return residents.key(sequence)->size(); });
  }

  std::span<std::byte> memory_;
  int uses_ = 0;
  int stores_ = 0;
  std::vector<RemovalCause> causes_;
};

TEST(CustomPolicy, own_policy_is_told_and_asked) {
  const auto policy = std::make_shared<LongestKey>();
  Cache cache(open_memory_engine(), {.max_entries = 3, .eviction = Eviction::custom},
              {.eviction_policy = policy});
  for (const char* key : {"aa", "aaaa", "a", "aaa"}) cache.put(key, 1);
  EXPECT_FALSE(cache.contains("aaaa"));
  EXPECT_EQ(cache.get<int>("aa"), 1);
  cache.put("aa", 2);
  cache.erase("a");

  EXPECT_EQ(policy->memory_.size(), 64U);
  EXPECT_EQ(policy->uses_, 2);
  EXPECT_EQ(policy->stores_, 4);
  EXPECT_EQ(policy->causes_, (std::vector{RemovalCause::evicted, RemovalCause::erased}));
}

TEST(CustomPolicy, without_an_own_policy_the_oldest_goes) {
  Cache cache(open_memory_engine(), {.max_entries = 2, .eviction = Eviction::custom});
  fill(cache, 0, 3);
  EXPECT_FALSE(cache.contains(0));
}

/// Chooses what it is told to.
class Stubborn final : public EvictionPolicy {
 public:
  explicit Stubborn(std::optional<std::uint64_t> choice) : choice_(choice) {}
  [[nodiscard]] std::string memory_name() const override { return "stubborn"; }
  [[nodiscard]] std::size_t memory_bytes() const override { return 0; }
  void attach(std::span<std::byte> /*memory*/) override { throw std::logic_error("needs none"); }
  void note_use(std::uint64_t /*sequence*/, BytesView /*key*/) noexcept override {}
  void note_store(std::uint64_t /*sequence*/, BytesView /*key*/) noexcept override {}
  void note_removal(std::uint64_t /*sequence*/, BytesView /*key*/,
                    RemovalCause /*cause*/) noexcept override {}
  [[nodiscard]] std::optional<std::uint64_t> choose(Residents& residents) override {
    if (choice_ == pinned) return residents.pinned();
    return choice_;
  }

  static constexpr std::uint64_t pinned = 7777;

 private:
  std::optional<std::uint64_t> choice_;
};

TEST(CustomPolicy, limits_hold_whatever_is_chosen) {
  for (const auto choice : {std::optional<std::uint64_t>(), std::optional<std::uint64_t>(0),
                            std::optional<std::uint64_t>(1), std::optional(Stubborn::pinned)}) {
    Cache cache(open_memory_engine(), {.max_bytes = 1000, .eviction = Eviction::custom},
                {.eviction_policy = std::make_shared<Stubborn>(choice)});
    for (int i = 0; i < 50; ++i) {
      cache.put(i % 20, std::string(static_cast<std::size_t>(i) * 10, 'v'));
      ASSERT_LE(cache.bytes(), 1000U);
      ASSERT_TRUE(cache.contains(i % 20));
    }
  }
}

TEST(PolicyMemory, cache_without_limits_keeps_no_notes) {
  TempDir folder;
  Cache cache = Cache::open({.path = folder / "cache", .durability = Durability::disposable});
  fill(cache, 0, 10);
  for (const auto& file : std::filesystem::directory_iterator(folder / "cache")) {
    EXPECT_EQ(file.path().filename().string().find("tinylfu"), std::string::npos) << file.path();
  }
}

TEST(PolicyMemory, tables_follow_the_limits) {
  EXPECT_EQ(detail::table_size(10, no_limit).bits, 12U);
  EXPECT_EQ(detail::table_size(1024, no_limit).bits, 14U);
  EXPECT_EQ(detail::table_size(1'000'000, no_limit).bits, 20U);
  EXPECT_EQ(detail::table_size(no_limit, no_limit).bits, 20U);
  EXPECT_EQ(detail::table_size(no_limit, 1U << 24U).bits, 16U);
  EXPECT_EQ(detail::table_size(100, 1U << 30U).bits, 12U);
}

}  // namespace
}  // namespace larder::test
