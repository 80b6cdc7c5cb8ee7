// SPDX-License-Identifier: Apache-2.0

// Long values in records and in files: what decides where files begin.

#include <benchmark/benchmark.h>

#include <string>

#include "common/temporary_folder.h"
#include "larder/cache/cache.h"
#include "larder/core/random.h"

namespace larder::bench {
namespace {

constexpr std::uint64_t all_bytes = std::uint64_t{64} << 20U;

enum class Where { record, file };

/// A cache of 64 MiB whose values all have the size that is measured.
class Filled {
 public:
  Filled(benchmark::State& state, Where where)
      : folder_(std::filesystem::temp_directory_path()),
        cache_(
            Cache::open({.path = folder_.path() / "cache",
                         .settings = {.file_above_bytes = where == Where::file ? 0 : no_limit}})),
        value_(static_cast<std::size_t>(state.range(0)), std::byte{1}),
        keys_(all_bytes / value_.size()) {
    for (std::uint64_t i = 0; i < keys_; ++i) cache_.put(i, value_);
    cache_.engine().sync();
  }

  Cache& cache() { return cache_; }
  [[nodiscard]] const Bytes& value() const { return value_; }
  std::uint64_t next_key() { return random_.below(keys_); }

 private:
  TemporaryFolder folder_;
  Cache cache_;
  Bytes value_;
  std::uint64_t keys_;
  Random random_{1};
};

void value_get(benchmark::State& state, Where where) {
  Filled filled(state, where);
  for (auto _ : state) benchmark::DoNotOptimize(filled.cache().get<Bytes>(filled.next_key()));
}
BENCHMARK_CAPTURE(value_get, record, Where::record)
    ->RangeMultiplier(4)
    ->Range(4 << 10, 4 << 20)
    ->UseRealTime();
BENCHMARK_CAPTURE(value_get, file, Where::file)
    ->RangeMultiplier(4)
    ->Range(4 << 10, 4 << 20)
    ->UseRealTime();

void value_overwrite(benchmark::State& state, Where where) {
  Filled filled(state, where);
  for (auto _ : state) filled.cache().put(filled.next_key(), filled.value());
  filled.cache().engine().sync();
}
BENCHMARK_CAPTURE(value_overwrite, record, Where::record)
    ->RangeMultiplier(4)
    ->Range(4 << 10, 4 << 20)
    ->UseRealTime();
BENCHMARK_CAPTURE(value_overwrite, file, Where::file)
    ->RangeMultiplier(4)
    ->Range(4 << 10, 4 << 20)
    ->UseRealTime();

}  // namespace
}  // namespace larder::bench
