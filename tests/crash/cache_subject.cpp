// SPDX-License-Identifier: Apache-2.0
#include "crash/cache_subject.h"

#include <stdexcept>
#include <utility>

#include "crash/careless_engine.h"
#include "larder/cache/cache.h"

namespace larder::test {

namespace {

class CacheSubject final : public Subject {
 public:
  CacheSubject(EnginePtr engine, const EngineSettings& settings, std::uint64_t file_above_bytes)
      : cache_(std::move(engine), {.file_above_bytes = file_above_bytes},
               {.clock = settings.hooks.clock, .io = settings.hooks.io}) {}

  [[nodiscard]] std::optional<std::string> get(std::string_view key) override {
    return cache_.get<std::string>(key);
  }
  void put(std::string_view key, std::string_view value) override {
    cache_.put(key, value, {.tags = {std::string(key.substr(0, 1))}});
  }
  bool erase(std::string_view key) override { return cache_.erase(key); }
  void transact(FunctionRef<void()> body) override {
    cache_.transact([&] { body(); });
  }
  [[nodiscard]] Entries all() override {
    // Indexes and counters are part of it.
    const VerifyReport report = cache_.verify();
    if (!report.problems.empty()) throw std::runtime_error(report.problems.front());
    Entries found;
    for (const Key& key : cache_.keys(KeyOrder::key)) {
      found.emplace_back(key.as<std::string>(), cache_.at<std::string>(key));
    }
    return found;
  }
  void sync() override { cache_.engine().sync(); }

 private:
  Cache cache_;
};

}  // namespace

OpenSubject cache_subject(std::uint64_t file_above_bytes) {
  return [=](const EngineSettings& settings) -> std::unique_ptr<Subject> {
    return std::make_unique<CacheSubject>(open_lmdb_with(settings), settings, file_above_bytes);
  };
}

OpenSubject careless_cache_subject(std::uint64_t file_above_bytes) {
  return [=](const EngineSettings& settings) -> std::unique_ptr<Subject> {
    return std::make_unique<CacheSubject>(make_careless(open_lmdb_with(settings)), settings,
                                          file_above_bytes);
  };
}

}  // namespace larder::test
