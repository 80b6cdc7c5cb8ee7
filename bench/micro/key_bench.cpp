// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <tuple>

#include "larder/key/digest.h"
#include "larder/key/key.h"

namespace larder::bench {
namespace {

template <typename T>
void encode_key(benchmark::State& state, const T& value) {
  for (auto _ : state) {
    const Key key(value);
    benchmark::DoNotOptimize(key.bytes().data());
    benchmark::ClobberMemory();
  }
}
BENCHMARK_CAPTURE(encode_key, integer, std::int64_t{1'234'567});
BENCHMARK_CAPTURE(encode_key, text_16, std::string(16, 'k'));
BENCHMARK_CAPTURE(encode_key, text_1000, std::string(1000, 'k'));
BENCHMARK_CAPTURE(encode_key, tuple, std::tuple(std::string("user"), std::int64_t{42}, 0.5));

void read_key(benchmark::State& state) {
  const Key key(std::string(16, 'k'));
  for (auto _ : state) benchmark::DoNotOptimize(key.as<std::string>());
}
BENCHMARK(read_key);

}  // namespace
}  // namespace larder::bench
