// SPDX-License-Identifier: Apache-2.0
// Damaged files of a cache: no wrong value is ever returned, what is lost is reported, and a repair
// keeps every entry that could be read.
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <optional>
#include <stdexcept>

#include "crash/damage.h"
#include "larder/cache/cache.h"
#include "larder/cache/repair.h"
#include "support/settings.h"

namespace larder::test {

namespace {

constexpr std::size_t entries_without_damage = 400;  // see the damage rig

/// A cache that is repaired when it is looked at as a whole, and when it cannot be opened. What
/// must not be is no `Error`: the rig counts it as a crash.
class RepairedCache final : public Subject {
 public:
  RepairedCache(const EngineSettings& settings, bool is_loss_told)
      : path_(settings.directory),
        hooks_{.clock = settings.hooks.clock, .io = settings.hooks.io},
        is_loss_told_(is_loss_told) {
    try {
      open();
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::corrupt) throw;
      repair();
      is_loss_told_ = true;
    }
  }

  [[nodiscard]] std::optional<std::string> get(std::string_view key) override {
    return cache_->get<std::string>(key);
  }
  void put(std::string_view key, std::string_view value) override {
    cache_->put(key, value, {.tags = {std::string(key.substr(0, 1))}});
  }
  bool erase(std::string_view key) override { return cache_->erase(key); }
  void transact(FunctionRef<void()> body) override {
    cache_->transact([&] { body(); });
  }
  void sync() override { cache_->engine().sync(); }

  [[nodiscard]] Entries all() override {
    const Entries before = readable();
    const bool is_clean = verifies();
    repair();
    const Entries after = readable();
    for (const auto& entry : before) {
      if (std::ranges::find(after, entry) == after.end()) {
        throw std::logic_error("the repair lost " + entry.first);
      }
    }
    if (!verifies()) {
      const VerifyReport report = cache_->verify();
      throw std::logic_error("still wrong after the repair: " + report.problems.front());
    }
    if (is_clean && after.size() != before.size()) {
      throw std::logic_error("the repair found what verify did not");
    }
    if (is_clean && !is_loss_told_ && after.size() < entries_without_damage) {
      throw std::logic_error("entries are missing, and nothing tells");
    }
    return after;
  }

 private:
  void open() {
    cache_.emplace(Cache::open({.path = path_, .settings = {.file_above_bytes = 5000}}, hooks_));
  }
  void repair() {
    cache_.reset();
    repair_cache({.path = path_}, RepairMode::fix, hooks_);
    open();
  }
  [[nodiscard]] bool verifies() {
    try {
      return cache_->verify().problems.empty();
    } catch (const Error&) {
      return false;
    }
  }
  [[nodiscard]] Entries readable() {
    Entries found;
    try {
      for (const Key& key : cache_->keys(KeyOrder::key)) {
        try {
          auto value = cache_->get<std::string>(key);
          if (value) found.emplace_back(key.as<std::string>(), std::move(*value));
        } catch (const Error&) {  // NOLINT(bugprone-empty-catch): then it cannot be read
        }
      }
    } catch (const Error&) {  // NOLINT(bugprone-empty-catch): nor can those behind it
    }
    return found;
  }

  std::filesystem::path path_;
  CacheHooks hooks_;
  bool is_loss_told_;
  std::optional<Cache> cache_;
};

void expect_good(const DamageReport& report, const std::string& name) {
  std::printf("%s\n", report.line(name).c_str());
  EXPECT_EQ(report.wrong, 0U) << report.first_bad;
  EXPECT_EQ(report.crashed, 0U) << report.first_bad;
  EXPECT_EQ(report.hung, 0U) << report.first_bad;
}

void damage(const std::string& name, bool is_unclean) {
  const OpenSubject open = [=](const EngineSettings& settings) -> std::unique_ptr<Subject> {
    return std::make_unique<RepairedCache>(settings, is_unclean);
  };
  const DamageReport report = run_damage({.open = open,
                                          .is_unclean = is_unclean,
                                          .flips = rounds(60, 5000),
                                          .truncations = rounds(20, 500),
                                          .zeroed = rounds(30, 500),
                                          .swapped = rounds(20, 500),
                                          .seed = seed()});
  expect_good(report, name);
}

/// A whole page from earlier may tell of earlier entries, consistently: nobody can know better.
void bring_back_pages(const std::string& name, bool is_unclean) {
  const OpenSubject open = [](const EngineSettings& settings) -> std::unique_ptr<Subject> {
    return std::make_unique<RepairedCache>(settings, true);
  };
  expect_good(
      run_damage(
          {.open = open, .is_unclean = is_unclean, .stale = rounds(20, 500), .seed = seed()}),
      name);
}

}  // namespace

TEST(CacheDamage, closed) { damage("cache, closed", false); }
TEST(CacheDamage, whose_writer_was_killed) { damage("cache, killed", true); }
TEST(CacheDamage, closed_with_a_page_from_earlier) {
  bring_back_pages("cache, closed, a page from earlier", false);
}
TEST(CacheDamage, whose_writer_was_killed_with_a_page_from_earlier) {
  bring_back_pages("cache, killed, a page from earlier", true);
}

}  // namespace larder::test
