// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "codec/frame.h"
#include "larder/codec/codec.h"
#include "larder/codec/standard.h"
#include "larder/core/random.h"

namespace larder::bench {
namespace {

constexpr std::size_t value_bytes = 1024;

struct Measured {
  std::int64_t id = 0;
  double weight = 0.0;
  std::string name;
  std::vector<double> samples;
};

Bytes noise(std::size_t count) {
  Random random(1);
  Bytes bytes(count);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

template <typename T>
T sample();

template <>
Bytes sample<Bytes>() {
  return noise(value_bytes);
}

template <>
std::vector<double> sample<std::vector<double>>() {
  return std::vector<double>(value_bytes / sizeof(double), 1.5);
}

template <>
std::map<std::string, std::int64_t> sample<std::map<std::string, std::int64_t>>() {
  std::map<std::string, std::int64_t> numbers;
  for (std::int64_t i = 0; i < 64; ++i) numbers["name-" + std::to_string(i)] = i * i;
  return numbers;
}

template <>
Measured sample<Measured>() {
  return {.id = 12345, .weight = 0.5, .name = "a sample", .samples = std::vector<double>(16, 2.5)};
}

template <typename T>
void encode_value(benchmark::State& state) {
  const T value = sample<T>();
  Bytes out;
  for (auto _ : state) {
    out.clear();
    WireWriter writer(out);
    Codec<T>::encode(value, writer);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(out.size()) * state.iterations());
}

template <typename T>
void decode_value(benchmark::State& state) {
  const Bytes bytes = encode(sample<T>());
  for (auto _ : state) benchmark::DoNotOptimize(decode<T>(bytes));
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes.size()) * state.iterations());
}

BENCHMARK(encode_value<Bytes>);
BENCHMARK(decode_value<Bytes>);
BENCHMARK(encode_value<std::vector<double>>);
BENCHMARK(decode_value<std::vector<double>>);
BENCHMARK(encode_value<std::map<std::string, std::int64_t>>);
BENCHMARK(decode_value<std::map<std::string, std::int64_t>>);
BENCHMARK(encode_value<Measured>);
BENCHMARK(decode_value<Measured>);

void seal(benchmark::State& state) {
  const Bytes payload = noise(value_bytes);
  const Bytes key = noise(24);
  Bytes record = begin_frame(payload.size());
  append(record, payload);
  for (auto _ : state) {
    seal_frame(record, {.raw_bytes = payload.size()}, key);
    benchmark::DoNotOptimize(record.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(value_bytes) * state.iterations());
}
BENCHMARK(seal);

void open(benchmark::State& state) {
  const Bytes payload = noise(value_bytes);
  const Bytes key = noise(24);
  const Bytes record = frame({.raw_bytes = payload.size()}, payload, key);
  for (auto _ : state) benchmark::DoNotOptimize(open_frame(record, key));
  state.SetBytesProcessed(static_cast<std::int64_t>(value_bytes) * state.iterations());
}
BENCHMARK(open);

}  // namespace
}  // namespace larder::bench
