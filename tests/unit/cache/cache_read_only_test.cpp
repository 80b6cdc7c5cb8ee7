// SPDX-License-Identifier: Apache-2.0

// Caches opened read-only: what can be asked, what is refused, and that nothing shows of it.

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "cache_fixture.h"
#include "larder/cache/async.h"
#include "larder/cache/object_tier.h"
#include "larder/cache/queue.h"
#include "larder/cache/transfer.h"
#include "support/channel.h"
#include "support/child.h"
#include "support/folder_image.h"

namespace larder::test {
namespace {

namespace fs = std::filesystem;

class CacheReadOnlyTest : public testing::TestWithParam<std::uint32_t> {
 protected:
  [[nodiscard]] fs::path path() const { return folder_ / "c"; }
  [[nodiscard]] CacheOptions options(OpenMode mode) const {
    CacheOptions options{.path = path(), .open_mode = mode};
    const bool makes = mode == OpenMode::create || mode == OpenMode::open_or_create;
    if (makes) {
      options.shards = GetParam();
      options.settings = {.max_entries = 1000, .file_above_bytes = 5000};
    }
    return options;
  }
  [[nodiscard]] Cache open(OpenMode mode) { return Cache::open(options(mode), hooks()); }
  [[nodiscard]] Cache open_read_only() { return open(OpenMode::read_only); }
  [[nodiscard]] CacheHooks hooks() { return {.clock = &clock_}; }

  void fill() {
    Cache cache = open(OpenMode::create);
    for (int i = 0; i < 40; ++i) cache.put(i, std::string("value"), {.tags = {"t"}});
    cache.put("old", 1, {.ttl = 1min});
    cache.put("idle", 1, {.idle_ttl = 10min});
    cache.put("long", std::string(20'000, 'l'));
    cache.erase(7);
    cache.sub("within").put("k", std::string("sub"));
    Queue queue(cache, "jobs");
    queue.push(std::string("first"));
    (void)Queue(cache, "empty");
    (void)cache.get<std::string>(1);
    clock_.advance(2min);
  }

  TempDir folder_;
  ManualClock clock_;
};

TEST_P(CacheReadOnlyTest, everything_can_be_asked_and_nothing_is_changed) {
  fill();
  const FolderImage before(path());
  {
    Cache cache = open_read_only();
    EXPECT_EQ(cache.get<std::string>(1), "value");
    EXPECT_EQ(cache.get<std::string>(7), std::nullopt);
    EXPECT_EQ(cache.get<int>("old"), std::nullopt) << "expired";
    clock_.advance(7min);
    EXPECT_EQ(cache.get<int>("idle"), 1) << "and its life is not made longer";
    EXPECT_EQ(cache.get<std::string>("long"), std::string(20'000, 'l'));
    EXPECT_TRUE(cache.reader("long").has_value());
    EXPECT_TRUE(cache.contains(2));
    EXPECT_EQ(cache.info(2)->tags, Strings{"t"});
    EXPECT_EQ(cache.get_many<std::string>(std::vector<Key>{1, 7}).at(1), std::nullopt);
    EXPECT_EQ(cache.size(), 42U);
    EXPECT_EQ(cache.count({.tag = "t"}), 39U);
    std::uint64_t keys = 0;
    for (const Key& key : cache.keys()) keys += key == Key("old") ? 0U : 1U;
    EXPECT_EQ(keys, 41U);
    EXPECT_EQ(cache.settings().max_entries, 1000U);
    EXPECT_EQ(cache.stats().hits, 1U) << "reads are not counted";
    EXPECT_EQ(cache.verify().problems, Strings{});
    EXPECT_EQ(cache.subs(), Strings{"within"});
    EXPECT_EQ(cache.sub("within").get<std::string>("k"), "sub");
    EXPECT_EQ(Queue(cache, "jobs").peek<std::string>()->value, "first");
    std::uint64_t exported = 0;
    export_entries(cache, [&](const ExportedEntry&) { ++exported; });
    EXPECT_EQ(exported, 41U);
    ObjectTier<std::string> tier(cache);
    EXPECT_EQ(*tier.get(1), "value");
  }
  EXPECT_EQ(FolderImage(path()), before);
}

TEST_P(CacheReadOnlyTest, every_change_is_denied) {
  fill();
  const FolderImage before(path());
  Cache cache = open_read_only();
  const auto is_denied = [](auto call) { expect_kind(ErrorKind::denied, call); };
  is_denied([&] { cache.put("k", 1); });
  is_denied([&] { cache.put("k", std::string(20'000, 'x')); });
  is_denied([&] { cache.add("k", 1); });
  is_denied([&] { cache.erase(1); });
  is_denied([&] { cache.pop<std::string>(1); });
  is_denied([&] { cache.touch(1); });
  is_denied([&] { cache.incr("n"); });
  is_denied([&] { cache.compare_and_swap(1, std::string("value"), std::string("new")); });
  is_denied([&] { cache.transact([] {}); });
  is_denied([&] { cache.expire(); });
  is_denied([&] { cache.evict(); });
  is_denied([&] { cache.clear(); });
  is_denied([&] { cache.erase_tag("t"); });
  is_denied([&] { cache.erase_selected({.tag = "t"}); });
  is_denied([&] { cache.reset_stats(); });
  is_denied([&] { cache.change_settings({.max_entries = 7}); });
  is_denied([&] { cache.repair(); });
  is_denied([&] { (void)cache.backup(folder_ / "copy"); });
  is_denied([&] { (void)cache.sub("new"); });
  is_denied([&] { cache.drop_sub("within"); });
  is_denied([&] { (void)Queue(cache, "new queue"); });
  is_denied([&] { Queue(cache, "jobs").push(1); });
  is_denied([&] { Queue(cache, "jobs").pull<std::string>(); });
  is_denied([&] {
    CacheOptions changed = options(OpenMode::read_only);
    changed.settings.max_entries = 500;
    (void)Cache::open(changed);
  });
  EXPECT_EQ(FolderImage(path()), before);
}

TEST_P(CacheReadOnlyTest, modes_that_do_not_fit_are_refused_and_leave_things_as_they_are) {
  for (const OpenMode mode : {OpenMode::open, OpenMode::read_only}) {
    expect_kind(ErrorKind::invalid_argument, [&] { (void)open(mode); });
    EXPECT_FALSE(fs::exists(path()));
  }
  fill();
  const FolderImage before(path());
  expect_kind(ErrorKind::invalid_argument, [&] { (void)open(OpenMode::create); });
  EXPECT_EQ(FolderImage(path()), before);
  EXPECT_EQ(open(OpenMode::open).get<std::string>(1), "value");
}

TEST_P(CacheReadOnlyTest, changes_of_another_process_are_seen) {
  fill();
  Cache reader = open_read_only();
  ChannelPair line;
  Child writer([&] {
    line.parent.close();
    Cache cache = Cache::open({.path = path()}, hooks());
    for (int round = 0; line.child.receive(); ++round) {
      if (round % 3 == 0) cache.clear();
      cache.put(1, std::string("round ") + std::to_string(round));
      cache.put("long", std::string(20'000, static_cast<char>('a' + round)));
      line.child.send("done");
    }
    return 0;
  });
  line.child.close();
  for (int round = 0; round < 20; ++round) {
    line.parent.send("go");
    ASSERT_EQ(line.parent.receive(), "done");
    EXPECT_EQ(reader.get<std::string>(1), std::string("round ") + std::to_string(round));
    EXPECT_EQ(reader.get<std::string>("long"), std::string(20'000, static_cast<char>('a' + round)));
    EXPECT_EQ(reader.get<std::string>(2), std::nullopt) << "cleared";
    EXPECT_GE(reader.stats().puts, 2U * static_cast<unsigned>(round));
  }
  writer.kill(SIGKILL);
  writer.wait();
  EXPECT_EQ(reader.get<std::string>(1), "round 19");
}

TEST_P(CacheReadOnlyTest, what_a_killed_process_wrote_is_there) {
  fill();
  const ChildEnd end = run_in_child([&] {
    Cache cache = Cache::open({.path = path()}, hooks());
    cache.clear();
    for (int i = 0; i < 500; ++i) cache.put(i, std::string(3000, 'n'));
    ::kill(::getpid(), SIGKILL);
    return 0;
  });
  EXPECT_EQ(end.signal, SIGKILL);
  const FolderImage before(path());
  {
    const Cache cache = open_read_only();
    EXPECT_EQ(cache.size(), 500U);
    for (int i = 0; i < 500; ++i) {
      ASSERT_EQ(cache.get<std::string>(i), std::string(3000, 'n')) << i;
    }
    EXPECT_EQ(cache.get<std::string>("long"), std::nullopt);
  }
  EXPECT_EQ(FolderImage(path()), before);
}

TEST_P(CacheReadOnlyTest, store_of_another_user_is_read) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be somebody else";
  {
    CacheOptions shared = options(OpenMode::create);
    shared.mode = 0644;
    Cache cache = Cache::open(shared);
    for (int i = 0; i < 40; ++i) cache.put(i, std::string(i % 2 == 0 ? 10'000 : 10, 'v'));
  }
  fs::permissions(folder_.path(), fs::perms{0755});
  const FolderImage before(path());
  const ChildEnd end = run_in_child([&] {
    constexpr uid_t nobody = 65534;
    if (::setgid(nobody) != 0 || ::setuid(nobody) != 0) return 1;
    const Cache cache = open_read_only();
    for (int i = 0; i < 40; ++i) {
      EXPECT_EQ(cache.get<std::string>(i), std::string(i % 2 == 0 ? 10'000 : 10, 'v'));
    }
    EXPECT_EQ(cache.verify().problems, Strings{});
    expect_kind(ErrorKind::denied, [&] { (void)open(OpenMode::open); });
    return testing::Test::HasFailure() ? 2 : 0;
  });
  EXPECT_TRUE(end.is_good()) << end;
  EXPECT_EQ(FolderImage(path()), before);
}

TEST_P(CacheReadOnlyTest, missing_value_is_computed_and_not_kept) {
  fill();
  const FolderImage before(path());
  {
    Cache cache = open_read_only();
    EXPECT_EQ(cache.get_or_load("new", [] { return 5; }), 5);
    EXPECT_EQ(cache.get_or_load("new", [] { return 6; }), 6);
    EXPECT_EQ(cache.get_or_load("old", [] { return 7; }), 7) << "it expired";
    EXPECT_EQ(cache.get_or_load("none", [] { return std::optional<int>(); }), std::nullopt);
    EXPECT_EQ(cache.get_or_load(1, [] { return std::string("loaded"); }), "value");
  }
  EXPECT_EQ(FolderImage(path()), before);
}

TEST_P(CacheReadOnlyTest, asynchronous_operations_do_and_refuse_the_same) {
  fill();
  const FolderImage before(path());
  {
    AsyncCache cache(open_read_only());
    EXPECT_EQ(cache.get<std::string>(1).future().get(), "value");
    EXPECT_EQ(cache.get_or_load("new", [] { return 5; }).future().get(), 5);
    EXPECT_EQ(cache.get_or_load("new", [] { return 6; }).future().get(), 6);
    EXPECT_EQ(cache.get_or_load("old", [] { return 7; }).future().get(), 7) << "it expired";
    EXPECT_EQ(cache.get_or_load("none", [] { return std::optional<int>(); }).future().get(),
              std::nullopt);
    EXPECT_EQ(cache.get_or_load(1, [] { return std::string("loaded"); }).future().get(), "value");
    EXPECT_THROW(
        cache.get_or_load("new", []() -> int { throw std::out_of_range("mine"); }).future().get(),
        std::out_of_range);
    expect_kind(ErrorKind::denied, [&] { cache.put("k", 1).future().get(); });
    expect_kind(ErrorKind::denied, [&] { cache.transact([](Cache&) {}).future().get(); });
  }
  EXPECT_EQ(FolderImage(path()), before);
}

TEST_P(CacheReadOnlyTest, who_may_not_pull_is_told_at_once) {
  fill();
  Cache cache = open_read_only();
  AsyncCache async(cache);
  for (const char* name : {"jobs", "empty"}) {
    Queue queue(cache, name);
    expect_kind(ErrorKind::denied, [&] { queue.pull<std::string>(); });
    expect_kind(ErrorKind::denied, [&] { queue.pull_within<std::string>(1h); });
    expect_kind(ErrorKind::denied, [&] { async.pull<std::string>(queue).future().get(); });
    expect_kind(ErrorKind::denied,
                [&] { async.pull_within<std::string>(1h, queue).future().get(); });
  }
}

INSTANTIATE_TEST_SUITE_P(Shards, CacheReadOnlyTest, testing::Values(1U, 3U), [](const auto& test) {
  return test.param == 1 ? std::string("one_piece") : std::string("in_shards");
});

}  // namespace
}  // namespace larder::test
