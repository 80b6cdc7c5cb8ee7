// SPDX-License-Identifier: Apache-2.0

// Containers beside a cache, in one piece and in shards.

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "larder/cache/cache.h"
#include "larder/container/deque.h"
#include "larder/container/index.h"
#include "support/temp_dir.h"

namespace larder::test {
namespace {

class BesideCache : public testing::TestWithParam<std::uint32_t> {
 protected:
  [[nodiscard]] Cache open() const {
    return Cache::open({.path = folder_ / "c", .shards = GetParam()});
  }

  TempDir folder_{memory_folder()};
};

TEST_P(BesideCache, containers_are_found_again_by_name) {
  {
    const Cache cache = open();
    for (int i = 0; i < 20; ++i) {
      const std::string name = "jobs" + std::to_string(i);
      Deque<int>(cache.engine_for(name), name).push_back(i);
      Index<int, std::string>(cache.engine_for(name), name).put(i, name);
    }
  }
  const Cache cache = open();
  std::set<Engine*> engines;
  for (int i = 0; i < 20; ++i) {
    const std::string name = "jobs" + std::to_string(i);
    engines.insert(cache.engine_for(name).get());
    EXPECT_EQ(Deque<int>(cache.engine_for(name), name).pop_front(), i);
    EXPECT_EQ((Index<int, std::string>(cache.engine_for(name), name).get(i)), name);
  }
  EXPECT_EQ(engines.size(), GetParam());
  EXPECT_EQ(cache.size(), 0U);
}

TEST_P(BesideCache, transaction_takes_them_along) {
  Cache cache = open();
  Deque<int> jobs(cache.engine_for("jobs"), "jobs");
  EXPECT_THROW(cache.transact([&] {
    cache.put("k", 1);
    jobs.push_back(1);
    throw 1;
  }),
               int);
  EXPECT_TRUE(jobs.empty());
  cache.transact([&] {
    cache.put("k", 1);
    jobs.push_back(1);
  });
  EXPECT_EQ(jobs.size(), 1U);
}

TEST_P(BesideCache, engine_outlives_the_cache) {
  EnginePtr engine;
  {
    const Cache cache = open();
    engine = cache.engine_for("jobs");
  }
  Deque<int>(engine, "jobs").push_back(1);
}

INSTANTIATE_TEST_SUITE_P(Shards, BesideCache, testing::Values(1U, 3U),
                         [](const auto& test) { return std::to_string(test.param); });

}  // namespace
}  // namespace larder::test
