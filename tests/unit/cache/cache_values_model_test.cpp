// SPDX-License-Identifier: Apache-2.0

// Random histories with values of every kind - text, in files, streamed, counted - and every kind
// of lifetime agree with a naive model. Without limits they agree exactly. With limits, under any
// policy, an entry may be gone, but what is there is what was stored, and the limits hold.
// RapidCheck shrinks a history that fails, and prints the RC_PARAMS that replay it.

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "larder/cache/cache.h"
#include "larder/cache/queue.h"
#include "larder/core/error.h"
#include "support/settings.h"
#include "support/temp_dir.h"

namespace larder::test {
namespace {

using namespace std::chrono_literals;

enum class Home { memory, lmdb, shards };
using Value = std::variant<std::string, std::int64_t, double>;

constexpr WallTime never = WallTime::max();

WallTime after(WallTime now, std::optional<Duration> time) { return time ? now + *time : never; }

struct Known {
  Value value = {};
  WallTime fresh_until = never;
  WallTime latest = never;
  Duration idle = {};
  Duration stale_for = {};
  std::set<std::string> tags = {};

  [[nodiscard]] bool is_fresh(WallTime now) const { return now < fresh_until; }
  [[nodiscard]] bool is_kept(WallTime now) const {
    return fresh_until == never || now < fresh_until + stale_for;
  }
  void start(WallTime now, WallTime until) {
    latest = until;
    fresh_until = idle == Duration{} ? latest : std::min(latest, now + idle);
    if (fresh_until == never) stale_for = {};
  }
  /// Uses soon after another one are not noted.
  void use(WallTime now) {
    if (idle == Duration{} || fresh_until >= latest || fresh_until - now >= idle - idle / 8) return;
    start(now, latest);
  }
};

struct Move {
  int deed = 0;
  int key = 0;
  int number = 0;
};

void showValue(const Move& move, std::ostream& out) {
  out << "{" << move.deed << ", key " << move.key << ", " << move.number << "}";
}

struct Undo {};

/// One history, on both.
class History {
 public:
  History(const CacheSettings& settings, Home home)
      : is_limited_(settings.max_entries || settings.max_bytes), cache_(make(settings, home)) {}

  static constexpr int deeds = 26;

  void run(const std::vector<Move>& moves) {
    for (const Move& move : moves) {
      move_ = move;
      key_ = std::string(1, static_cast<char>('a' + move.key % 3)) + std::to_string(move.key);
      take();
      compare();
    }
    RC_ASSERT((cache_.verify().problems == std::vector<std::string>{}));
    RC_ASSERT((cache_.repair().problems == std::vector<std::string>{}));
    compare();
  }

 private:
  using Deed = void (History::*)();

  Cache make(CacheSettings settings, Home home) {
    settings.file_above_bytes = 1000;
    const CacheHooks hooks{.clock = &clock_, .log = [](LogLevel, std::string_view) {}};
    if (home == Home::memory) return Cache(open_memory_engine(), settings, hooks);
    folder_.emplace(memory_folder());
    CacheOptions options{
        .path = *folder_ / "c", .settings = settings, .durability = Durability::disposable};
    if (home == Home::shards) options.shards = 2;
    return Cache::open(options, hooks);
  }

  void take() {
    constexpr std::array<Deed, deeds> all = {
        &History::get,        &History::get,          &History::get_another_type,
        &History::put_text,   &History::put_text,     &History::put_number,
        &History::put_stream, &History::read,         &History::load,
        &History::load,       &History::fail_to_load, &History::touch,
        &History::erase,      &History::pop,          &History::count,
        &History::count,      &History::add_float,    &History::erase_version,
        &History::select,     &History::erase_tag,    &History::clean,
        &History::change,     &History::use_queue,    &History::use_sub,
        &History::rollback,   &History::wait,
    };
    (this->*all.at(static_cast<std::size_t>(move_.deed)))();
  }

  [[nodiscard]] WallTime now() const { return clock_.now(); }

  Known* fresh() {
    const auto found = known_.find(key_);
    return found != known_.end() && found->second.is_fresh(now()) ? &found->second : nullptr;
  }

  template <typename T>
  std::optional<T> expected(bool is_use = true) {
    Known* known = fresh();
    if (known == nullptr || !std::holds_alternative<T>(known->value)) return std::nullopt;
    const T value = std::get<T>(known->value);
    if (is_use) known->use(now());
    return value;
  }

  /// Whether `found` may be what is found where `wanted` is known.
  template <typename T>
  void agree(const std::optional<T>& found, const std::optional<T>& wanted) {
    RC_ASSERT((found == wanted || (is_limited_ && !found)));
  }

  void note(Value value, const PutOptions& options) {
    Known known{.value = std::move(value),
                .idle = options.idle_ttl.value_or(Duration{}),
                .stale_for = options.stale_for,
                .tags = {options.tags.begin(), options.tags.end()}};
    known.start(now(), after(now(), options.ttl));
    known_[key_] = std::move(known);
  }

  [[nodiscard]] std::string text() const {
    const auto letter = static_cast<char>('a' + move_.number % 26);
    return std::string(move_.number % 3 == 0 ? 1500 : 5, letter) + std::to_string(move_.number);
  }

  [[nodiscard]] PutOptions options() const {
    PutOptions options;
    if (move_.number % 4 == 0) options.ttl = 1s * (move_.number % 9);
    if (move_.number % 5 == 0) options.idle_ttl = 8s;
    if (move_.number % 7 == 0) options.stale_for = 5s;
    if (move_.number % 2 == 0) options.tags = {"even", "all"};
    return options;
  }

  /// Whether it had room.
  template <typename Call>
  bool fits(Call call) {
    try {
      call();
    } catch (const Error& error) {
      RC_ASSERT((error.kind() == ErrorKind::full));
      RC_ASSERT((is_limited_));
      return false;
    }
    RC_ASSERT((cache_.size() > 0));
    return true;
  }

  void get() {
    agree(cache_.get<std::string>(key_), expected<std::string>());
    agree(cache_.get<std::int64_t>(key_), expected<std::int64_t>());
    agree(cache_.get<double>(key_), expected<double>());
  }

  void get_another_type() { RC_ASSERT(!cache_.get<std::vector<int>>(key_)); }

  void put_text() {
    if (fits([&] { cache_.put(key_, text(), options()); })) note(text(), options());
  }

  void put_number() {
    const std::int64_t value = move_.number;
    if (fits([&] { cache_.put(key_, value, options()); })) note(value, options());
  }

  void put_stream() {
    std::istringstream in(text());
    if (fits([&] { cache_.put_stream(key_, in, options()); })) note(text(), options());
  }

  void read() {
    const std::optional<std::string> wanted = expected<std::string>();
    std::optional<std::string> found;
    if (auto reader = cache_.reader(key_)) found = std::string(as_text(reader->map()));
    agree(found, wanted);
  }

  void load() {
    const std::optional<std::string> there = expected<std::string>();
    LoadOptions how{.put = options()};
    // With limits, only what is fresh afterwards shows that there was room for it.
    if (is_limited_ && how.put.ttl == 0s) how.put.stale_for = {};
    std::optional<std::string> loaded;
    const std::string found = cache_.get_or_load(key_, [&] { return *(loaded = text()); }, how);
    RC_ASSERT((is_limited_ || loaded.has_value() == !there.has_value()));
    RC_ASSERT((found == (loaded ? loaded : there)));
    const bool is_kept = !is_limited_ || cache_.get<std::string>(key_) == loaded;
    if (loaded && is_kept) note(*loaded, how.put);
  }

  void fail_to_load() {
    const auto known = known_.find(key_);
    std::optional<std::string> wanted = expected<std::string>();
    if (!wanted && known != known_.end() && known->second.is_kept(now()) &&
        std::holds_alternative<std::string>(known->second.value)) {
      wanted = std::get<std::string>(known->second.value);
    }
    std::optional<std::string> found;
    try {
      found = cache_.get_or_load(key_, []() -> std::string { throw Undo(); });
    } catch (const Undo&) {
    }
    agree(found, wanted);
  }

  void touch() {
    const std::optional<Duration> ttl = options().ttl;
    Known* known = fresh();
    const bool is_touched = cache_.touch(key_, ttl);
    RC_ASSERT((is_touched == (known != nullptr) || (is_limited_ && !is_touched)));
    if (is_touched) known->start(now(), after(now(), ttl));
  }

  void erase() {
    const bool is_known = fresh() != nullptr;
    const bool is_erased = cache_.erase(key_);
    RC_ASSERT((is_erased == is_known || (is_limited_ && !is_erased)));
    known_.erase(key_);
  }

  void pop() {
    const Known* known = fresh();
    const auto found = cache_.pop_entry<std::string>(key_);
    if (found) {
      RC_ASSERT((known != nullptr));
      RC_ASSERT((found->value == std::get<std::string>(known->value)));
      RC_ASSERT((found->expires_at.value_or(never) == known->fresh_until));
      RC_ASSERT((std::set<std::string>(found->tags.begin(), found->tags.end()) == known->tags));
    } else {
      agree<std::string>(std::nullopt, expected<std::string>(false));
    }
    if (found || known == nullptr) known_.erase(key_);  // also what only a load could return
  }

  /// Adds to a number of the same type, or to none; refuses any other value.
  template <typename Number, typename Call>
  void add_to(Number delta, Call call) {
    Known* known = fresh();
    const bool is_other = known != nullptr && !std::holds_alternative<Number>(known->value);
    try {
      const Number sum = call();
      if (known == nullptr || (is_limited_ && sum == delta)) {
        note(sum, {});
        return;
      }
      RC_ASSERT((!is_other));
      RC_ASSERT((sum == std::get<Number>(known->value) + delta));
      known->value = sum;
    } catch (const Error& error) {
      RC_ASSERT((error.kind() == ErrorKind::invalid_argument ? is_other : is_limited_));
    }
  }

  void count() {
    const std::int64_t delta = move_.number;
    if (move_.number % 2 == 0) {
      add_to<std::int64_t>(-delta, [&] { return cache_.decr(key_, delta); });
    } else {
      add_to<std::int64_t>(delta, [&] { return cache_.incr(key_, delta); });
    }
  }

  void add_float() {
    const double delta = move_.number / 4.0;
    add_to<double>(delta, [&] { return cache_.incr(key_, delta); });
  }

  void erase_version() {
    const auto info = cache_.info(key_);
    RC_ASSERT((is_limited_ || info.has_value() == (fresh() != nullptr)));
    if (!info) return;
    const auto other = static_cast<Version>(static_cast<std::uint64_t>(info->version) + 1);
    RC_ASSERT((!cache_.compare_and_erase(key_, other)));
    RC_ASSERT((cache_.compare_and_erase(key_, info->version)));
    known_.erase(key_);
  }

  /// Whether what is found are the fresh ones among `wanted`, or some of them.
  void agree_on_keys(const std::vector<Key>& keys, const std::set<std::string>& wanted) {
    std::set<std::string> found;
    for (const Key& key : keys) RC_ASSERT(found.insert(key.as<std::string>()).second);
    RC_ASSERT((std::ranges::includes(wanted, found)));
    RC_ASSERT((is_limited_ || found.size() == wanted.size()));
  }

  void select() {
    const std::string prefix(1, static_cast<char>('a' + move_.number % 3));
    std::set<std::string> with_prefix;
    std::set<std::string> with_tag;
    for (const auto& [key, known] : known_) {
      if (!known.is_fresh(now())) continue;
      if (key.starts_with(prefix)) with_prefix.insert(key);
      if (known.tags.contains("even")) with_tag.insert(key);
    }
    agree_on_keys(cache_.select({.prefix = KeyPrefix::text(prefix)}), with_prefix);
    agree_on_keys(cache_.select({.tag = "even"}), with_tag);
  }

  void erase_tag() {
    if (move_.number % 3 != 0) return;
    cache_.erase_tag("even");
    std::erase_if(known_, [](const auto& one) { return one.second.tags.contains("even"); });
  }

  void clean() {
    switch (move_.number % 8) {
      case 0:
        cache_.clear();
        known_.clear();
        break;
      case 1:
        RC_ASSERT((cache_.repair().problems == std::vector<std::string>{}));
        break;
      case 2:
      case 3:
        cache_.evict();
        break;
      default:
        cache_.expire();
    }
  }

  void change() {
    CacheSettings settings{.file_above_bytes = move_.number % 2 == 0 ? 1000 : 100'000};
    if (is_limited_) {
      const auto number = static_cast<std::uint64_t>(move_.number);
      settings.max_entries = 2 + number % 6;
      settings.max_bytes = number % 4 == 0 ? 2'000 : 20'000;
      settings.eviction = static_cast<Eviction>(number % 9);
    }
    try {
      cache_.change_settings(settings);
    } catch (const Error& error) {  // nothing may be evicted
      RC_ASSERT((error.kind() == ErrorKind::full));
      RC_ASSERT((settings.eviction == Eviction::none));
    }
  }

  void use_queue() {
    Queue queue(cache_, "q");
    if (move_.number % 2 == 0) {
      queue.push(text());
      queue_.push_back(text());
      return;
    }
    const auto item = queue.pull<std::string>();
    RC_ASSERT((item.has_value() == !queue_.empty()));
    if (!item) return;
    RC_ASSERT((item->value == queue_.front()));
    queue_.pop_front();
  }

  void use_sub() {
    Cache sub = cache_.sub("s");
    if (move_.number % 3 != 0) {
      sub.put(key_, text());
      within_[key_] = text();
    }
    const auto known = within_.find(key_);
    const auto found = sub.get<std::string>(key_);
    RC_ASSERT((found.has_value() == (known != within_.end())));
    if (found) RC_ASSERT((*found == known->second));
  }

  void rollback() {
    if (is_limited_) return;
    try {
      cache_.transact([&] {
        cache_.put(key_, text());
        cache_.erase("a0");
        cache_.put("b1", text());
        throw Undo();
      });
    } catch (const Undo&) {
    }
  }

  void wait() { clock_.advance(1s * (move_.number % 5)); }

  void compare() {
    std::set<std::string> there;
    for (const Key& key : cache_.keys()) {
      if (cache_.contains(key)) there.insert(key.as<std::string>());
    }
    std::set<std::string> wanted;
    for (const auto& [key, known] : known_) {
      if (known.is_fresh(now())) wanted.insert(key);
    }
    RC_ASSERT((std::ranges::includes(wanted, there)));
    RC_ASSERT((is_limited_ || there.size() == wanted.size()));
    if (is_limited_) {
      // What was evicted stays away. Of what has expired the model knows only that it is not shown.
      std::erase_if(known_, [&](const auto& one) {
        return one.second.is_fresh(now()) && !there.contains(one.first);
      });
    }
    const CacheSettings settings = cache_.settings();
    if (settings.eviction == Eviction::none && is_limited_) return;  // limits may have shrunk
    RC_ASSERT((cache_.size() <= *settings.max_entries));
    RC_ASSERT((cache_.bytes() <= *settings.max_bytes));
  }

  bool is_limited_;
  ManualClock clock_;
  std::optional<TempDir> folder_;
  Cache cache_;
  Move move_;
  std::string key_;
  std::map<std::string, Known> known_;
  std::map<std::string, std::string> within_;
  std::deque<std::string> queue_;
};

rc::Gen<Move> moves() {
  return rc::gen::build<Move>(rc::gen::set(&Move::deed, rc::gen::inRange(0, History::deeds)),
                              rc::gen::set(&Move::key, rc::gen::inRange(0, 9)),
                              rc::gen::set(&Move::number, rc::gen::inRange(0, 1000)));
}

struct Setup {
  CacheSettings settings = {};
  Home home = Home::memory;
};

/// Each history has one of `setups`.
void expect_agreement(const std::vector<Setup>& setups) {
  const std::uint64_t histories = rounds(1, 50);
  EXPECT_TRUE(rc::check("the cache agrees with the model", [&] {
    for (std::uint64_t i = 0; i < histories; ++i) {
      const Setup& setup = setups.at(*rc::gen::inRange<std::size_t>(0, setups.size()));
      History(setup.settings, setup.home)
          .run(*rc::gen::scale(3, rc::gen::container<std::vector<Move>>(moves())));
    }
  }));
}

TEST(CacheValuesModel, values_and_lifetimes_of_every_kind_agree) { expect_agreement({{}}); }

TEST(CacheValuesModel, values_and_lifetimes_of_every_kind_agree_on_lmdb) {
  expect_agreement({{.home = Home::lmdb}});
}

TEST(CacheValuesModel, values_and_lifetimes_of_every_kind_agree_in_shards) {
  expect_agreement({{.home = Home::shards}});
}

class LimitedCacheModel : public testing::TestWithParam<Eviction> {};

TEST_P(LimitedCacheModel, nothing_wrong_is_returned_and_limits_hold) {
  expect_agreement(
      {{{.max_entries = 5, .eviction = GetParam()}},
       {{.max_bytes = 4'000, .eviction = GetParam()}},
       {{.max_entries = 6, .max_bytes = 6'000, .eviction = GetParam()}, Home::shards}});
}

INSTANTIATE_TEST_SUITE_P(Policies, LimitedCacheModel,
                         testing::Values(Eviction::none, Eviction::fifo, Eviction::lru,
                                         Eviction::lfu, Eviction::sieve, Eviction::s3_fifo,
                                         Eviction::w_tinylfu, Eviction::mru, Eviction::random),
                         [](const auto& test) { return std::string(to_string(test.param)); });

}  // namespace
}  // namespace larder::test
