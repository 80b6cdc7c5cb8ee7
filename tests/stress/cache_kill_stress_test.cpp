// SPDX-License-Identifier: Apache-2.0

// Eight processes do everything that a cache can do, and are killed at random moments. What each of
// them was told is kept in memory that outlives it; at the end the cache is counted anew and
// compared.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "larder/cache/cache.h"
#include "larder/cache/queue.h"
#include "larder/core/random.h"
#include "support/child.h"
#include "support/settings.h"
#include "support/shared_block.h"
#include "support/temp_dir.h"

namespace larder::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t workers = 8;
constexpr int keys = 150;
constexpr std::size_t most_items = 200'000;

/// Something that is announced before it is done and confirmed when it was.
struct Tally {
  std::atomic<std::uint64_t> begun{0};
  std::atomic<std::uint64_t> done{0};
};

/// What one worker was told, over all processes that played its part one after the other.
struct Lane {
  std::atomic<std::uint64_t> steps{0};
  Tally increments;
  Tally pulls;
  std::atomic<std::uint64_t> pushes{0};  ///< Acknowledged ones.
};

struct Board {
  std::array<Lane, workers> lanes;
  std::atomic<std::uint64_t> next_item{1};
  std::array<std::atomic<bool>, most_items> pushed;  ///< Acknowledged to who pushed it.
  std::array<std::atomic<bool>, most_items> pulled;  ///< Given to somebody.
  std::atomic<std::uint64_t> wrong{0};
};

struct Note {
  int key = 0;
  int writer = 0;
  std::string filling;
};

class Worker {
 public:
  Worker(const CacheOptions& options, Board& board, std::size_t lane, std::uint64_t seed)
      : cache_(Cache::open(options)),
        sub_(cache_.sub("sub")),
        counters_(cache_.sub("counters")),
        jobs_(cache_, "jobs"),
        board_(board),
        lane_(board.lanes[lane]),
        writer_(static_cast<int>(lane)),
        random_(seed),
        backups_(options.path.parent_path() / "backups") {}

  [[noreturn]] void run() {
    using Step = void (Worker::*)();
    constexpr std::array steps = {
        &Worker::read,       &Worker::read,         &Worker::read_many, &Worker::put_short,
        &Worker::put_short,  &Worker::put_expiring, &Worker::put_long,  &Worker::put_some,
        &Worker::add,        &Worker::swap,         &Worker::take,      &Worker::erase,
        &Worker::erase_some, &Worker::erase_tagged, &Worker::touch,     &Worker::load,
        &Worker::count,      &Worker::count,        &Worker::move,      &Worker::give_up,
        &Worker::push,       &Worker::push,         &Worker::pull,      &Worker::pull,
        &Worker::use_sub,    &Worker::clear_sub,    &Worker::expire,    &Worker::maintain,
    };
    while (true) {
      const Step step = steps.at(random_.below(steps.size()));
      (this->*step)();
      ++lane_.steps;
    }
  }

 private:
  int any_key() { return static_cast<int>(random_.below(keys)); }

  Note note(int key, std::uint64_t longest) {
    return {key, writer_,
            std::string(random_.below(longest), static_cast<char>('a' + writer_ % 26))};
  }

  void check(const std::optional<Note>& found, int key) {
    if (!found) return;
    const auto letter = static_cast<char>('a' + found->writer % 26);
    if (found->key != key || found->filling.find_first_not_of(letter) != std::string::npos) {
      ++board_.wrong;
    }
  }

  void read() {
    const int key = any_key();
    check(cache_.get<Note>(key), key);
  }

  void read_many() {
    const std::vector<int> some = {any_key(), any_key(), any_key()};
    const auto found = cache_.get_many<Note>(some);
    for (std::size_t i = 0; i < some.size(); ++i) check(found[i], some[i]);
  }

  void put_short() {
    const int key = any_key();
    cache_.put(key, note(key, 900), {.tags = {random_.below(2) == 0 ? "a" : "b"}});
  }

  void put_expiring() {
    const int key = any_key();
    cache_.put(key, note(key, 900), {.ttl = 1ms * random_.below(20)});
  }

  void put_long() {
    const int key = any_key();
    cache_.put(key, note(key, 20'000));
  }

  void put_some() {
    std::vector<std::pair<int, Note>> some;
    for (int i = 0; i < 3; ++i) {
      const int key = any_key();
      some.emplace_back(key, note(key, 3000));
    }
    cache_.put_many(some);
  }

  void add() {
    const int key = any_key();
    cache_.add(key, note(key, 2000));
  }

  void swap() {
    const int key = any_key();
    if (const auto found = cache_.get_entry<Note>(key)) {
      cache_.compare_and_swap(key, found->version, note(key, 2000));
    }
  }

  void take() {
    const int key = any_key();
    check(cache_.pop<Note>(key), key);
  }

  void erase() { cache_.erase(any_key()); }

  void erase_some() {
    const std::vector<Key> some = {any_key(), any_key()};
    cache_.erase_many(some);
  }

  void erase_tagged() {
    if (random_.below(20) == 0) cache_.erase_tag("a");
  }

  void touch() { cache_.touch(any_key(), 50ms); }

  void load() {
    const int key = any_key();
    check(cache_.get_or_load(key, [&] { return note(key, 500); }, {.put = {.ttl = 5ms}}), key);
  }

  void count() {
    ++lane_.increments.begun;
    counters_.incr("total");
    ++lane_.increments.done;
  }

  void move() {
    cache_.transact([&] {
      counters_.decr("left");
      check(cache_.pop<Note>(1), 1);
      counters_.incr("right");
    });
  }

  void give_up() {
    const int key = any_key();
    try {
      cache_.transact([&] {
        cache_.put("never", 1);
        cache_.put(key, note(key, 9000));
        jobs_.push(std::uint64_t{0});
        throw std::runtime_error("given up");
      });
    } catch (const std::runtime_error&) {
      return;
    }
    ++board_.wrong;
  }

  void push() {
    const std::uint64_t item = board_.next_item++;
    if (item >= most_items || jobs_.size() > 500) return;
    jobs_.push(item);
    board_.pushed.at(item) = true;
    ++lane_.pushes;
  }

  void pull() {
    ++lane_.pulls.begun;
    const auto item = jobs_.pull<std::uint64_t>();
    if (item && board_.pulled.at(item->value).exchange(true)) ++board_.wrong;
    ++lane_.pulls.done;
  }

  void use_sub() {
    const int key = any_key();
    sub_.put(key, note(key, 5000));
    const int other = any_key();
    check(sub_.get<Note>(other), other);
  }

  void clear_sub() {
    if (random_.below(50) == 0) sub_.clear();
  }

  void expire() {
    if (random_.below(20) == 0) cache_.expire();
  }

  /// A repair that others work beside finds nothing to mend, and a backup stands alone.
  void maintain() {
    if (random_.below(20) != 0) return;
    if (!cache_.repair().problems.empty()) ++board_.wrong;
    const auto place = backups_ / std::to_string(random_());
    cache_.backup(place);
    if (!Cache::open({.path = place}).verify().problems.empty()) ++board_.wrong;
    std::filesystem::remove_all(place);
  }

  Cache cache_;
  Cache sub_;
  Cache counters_;  // nothing is evicted here
  Queue jobs_;
  Board& board_;
  Lane& lane_;
  int writer_;
  Random random_;
  std::filesystem::path backups_;
};

class CacheKillStress : public ::testing::Test {
 protected:
  void start(std::size_t lane) {
    const std::uint64_t seed = random_();
    children_[lane].emplace(
        [this, lane, seed]() -> int { Worker(options_, *board_, lane, seed).run(); });
  }

  void kill(std::size_t lane) {
    children_[lane]->kill(SIGKILL);
    const ChildEnd end = children_[lane]->wait();
    EXPECT_EQ(end.signal, SIGKILL) << end;
    children_[lane].reset();
    Lane& told = board_->lanes[lane];
    killed_in_pull_ += told.pulls.begun - told.pulls.done;
    told.pulls.done = told.pulls.begun.load();
    maybe_counted_ += told.increments.begun - told.increments.done;
    told.increments.done = told.increments.begun.load();
  }

  [[nodiscard]] std::uint64_t sum_of(std::atomic<std::uint64_t> Lane::* count) const {
    std::uint64_t sum = 0;
    for (const Lane& lane : board_->lanes) sum += (lane.*count).load();
    return sum;
  }
  [[nodiscard]] std::uint64_t all_steps() const { return sum_of(&Lane::steps); }

  /// Waits until all together have done `count` more; false if they come to a standstill.
  [[nodiscard]] bool others_do(std::uint64_t count) const {
    const std::uint64_t goal = all_steps() + count;
    const auto end = std::chrono::steady_clock::now() + 60s;
    while (all_steps() < goal) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::yield();
    }
    return true;
  }

  void expect_items_accounted_for(Queue& jobs) {
    std::uint64_t missing = 0;
    while (const auto item = jobs.pull<std::uint64_t>()) {
      ASSERT_FALSE(board_->pulled.at(item->value).exchange(true)) << "given twice";
    }
    for (std::size_t item = 0; item < most_items; ++item) {
      if (board_->pushed.at(item) && !board_->pulled.at(item)) ++missing;
    }
    EXPECT_LE(missing, killed_in_pull_);
  }

  void expect_counted_once(const Cache& cache) {
    std::uint64_t told = 0;
    for (const Lane& lane : board_->lanes) told += lane.increments.done;
    const auto total = cache.get<std::uint64_t>("total").value_or(0);
    EXPECT_LE(total, told);
    EXPECT_GE(total + maybe_counted_, told);
    EXPECT_EQ(cache.get<int>("left").value_or(0), -cache.get<int>("right").value_or(0));
  }

  static void expect_counters_equal_a_recount(const Cache& cache) {
    EXPECT_EQ(cache.verify().problems, std::vector<std::string>{});
    std::uint64_t entries = 0;
    for (const Key& key : cache.keys()) {
      ++entries;
      EXPECT_NE(key, Key("never"));
    }
    EXPECT_EQ(entries, cache.size());
    EXPECT_EQ(cache.stats().corrupt_misses, 0U);
  }

  TempDir folder_{memory_folder()};
  CacheOptions options_{
      .path = folder_ / "c",
      .settings = {.max_entries = 120, .file_above_bytes = 4000},
  };
  SharedBlock<Board> board_;
  Random random_{seed()};
  std::array<std::optional<Child>, workers> children_;
  std::uint64_t killed_in_pull_ = 0;
  std::uint64_t maybe_counted_ = 0;
};

TEST_F(CacheKillStress, nothing_is_lost_doubled_or_mixed_up) {
  for (std::size_t lane = 0; lane < workers; ++lane) start(lane);

  const std::uint64_t kills = rounds(150, 3000);
  for (std::uint64_t round = 0; round < kills; ++round) {
    ASSERT_TRUE(others_do(random_.below(300))) << "nobody got on after " << round << " kills";
    const std::size_t lane = random_.below(workers);
    kill(lane);
    start(lane);
  }
  for (std::size_t lane = 0; lane < workers; ++lane) kill(lane);

  EXPECT_EQ(board_->wrong, 0U);
  Cache cache = Cache::open(options_);
  expect_counters_equal_a_recount(cache);
  expect_counters_equal_a_recount(cache.sub("sub"));
  expect_counted_once(cache.sub("counters"));
  Queue jobs(cache, "jobs");
  expect_items_accounted_for(jobs);
  std::printf("%llu kills, %llu operations, %llu items pushed\n",
              static_cast<unsigned long long>(kills + workers),
              static_cast<unsigned long long>(all_steps()),
              static_cast<unsigned long long>(sum_of(&Lane::pushes)));
}

}  // namespace
}  // namespace larder::test
