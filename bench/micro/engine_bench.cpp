// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <string>

#include "common/temporary_folder.h"
#include "larder/cache/cache.h"
#include "larder/core/random.h"
#include "larder/engine/engine.h"

namespace larder::bench {
namespace {

constexpr std::uint64_t keys = 10'000;
constexpr std::size_t value_bytes = 1024;

std::string name_of(std::uint64_t number) { return "key-" + std::to_string(100'000 + number); }

/// An engine of one kind, with what it needs.
class Place {
 public:
  enum class Kind { memory, lmdb };

  explicit Place(Kind kind) : folder_(std::filesystem::temp_directory_path()) {
    engine_ = kind == Kind::memory ? open_memory_engine()
                                   : open_lmdb({.path = folder_.path() / "engine"});
  }
  [[nodiscard]] const EnginePtr& engine() const noexcept { return engine_; }

 private:
  TemporaryFolder folder_;
  EnginePtr engine_;
};

void fill(Engine& engine) {
  engine.update([](WriteTxn& txn) {
    const Bytes value(value_bytes);
    for (std::uint64_t i = 0; i < keys; ++i) txn.put(as_bytes(name_of(i)), value);
  });
  engine.sync();
}

void engine_view(benchmark::State& state, Place::Kind kind) {
  const Place place(kind);
  fill(*place.engine());
  Random random(1);
  for (auto _ : state) {
    const std::string key = name_of(random.below(keys));
    place.engine()->view([&](ReadTxn& txn) { benchmark::DoNotOptimize(txn.get(as_bytes(key))); });
  }
}
BENCHMARK_CAPTURE(engine_view, memory, Place::Kind::memory);
BENCHMARK_CAPTURE(engine_view, lmdb, Place::Kind::lmdb);

void engine_update(benchmark::State& state, Place::Kind kind) {
  const Place place(kind);
  fill(*place.engine());
  const Bytes value(value_bytes, std::byte{1});
  Random random(1);
  for (auto _ : state) {
    const std::string key = name_of(random.below(keys));
    place.engine()->update([&](WriteTxn& txn) { txn.put(as_bytes(key), value); });
  }
}
BENCHMARK_CAPTURE(engine_update, memory, Place::Kind::memory);
BENCHMARK_CAPTURE(engine_update, lmdb, Place::Kind::lmdb)->UseRealTime();

Cache filled_cache(const Place& place) {
  Cache cache(place.engine());
  cache.transact([&] {
    const Bytes value(value_bytes);
    for (std::uint64_t i = 0; i < keys; ++i) cache.put(name_of(i), value);
  });
  cache.engine().sync();
  return cache;
}

void cache_get(benchmark::State& state, Place::Kind kind) {
  const Place place(kind);
  const Cache cache = filled_cache(place);
  Random random(1);
  for (auto _ : state) benchmark::DoNotOptimize(cache.get<Bytes>(name_of(random.below(keys))));
}
BENCHMARK_CAPTURE(cache_get, memory, Place::Kind::memory);
BENCHMARK_CAPTURE(cache_get, lmdb, Place::Kind::lmdb);

void cache_put(benchmark::State& state, Place::Kind kind) {
  const Place place(kind);
  Cache cache = filled_cache(place);
  const Bytes value(value_bytes, std::byte{1});
  Random random(1);
  for (auto _ : state) cache.put(name_of(random.below(keys)), value);
}
BENCHMARK_CAPTURE(cache_put, memory, Place::Kind::memory);
BENCHMARK_CAPTURE(cache_put, lmdb, Place::Kind::lmdb)->UseRealTime();

}  // namespace
}  // namespace larder::bench
