// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace larder::bench {

/// The name of what is compared with all others.
inline constexpr std::string_view subject_name = "larder";
/// The peer that is a program of its own.
inline constexpr std::string_view diskcache_name = "diskcache";

/// What one loop, or several at once, measured.
struct Sample {
  double us = 0.0;        ///< Time of an operation; of several processes: elapsed / operations.
  double cpu_us = 0.0;    ///< Processor time of an operation, threads in the background included.
  double flush_us = 0.0;  ///< Share of an operation in the wait for the device afterwards.
  double p50_us = 0.0;
  double p99_us = 0.0;
  double worst_us = 0.0;
  double put_p99_us = 0.0;  ///< Of the puts alone; 0 if there are none.
  std::uint64_t steps = 0;
  std::uint64_t errors = 0;
  std::string error = {};  ///< The first of them.
};

/// What was measured of one operation of one store: a sample for each repetition.
struct Measurement {
  std::string operation;
  std::string store;
  std::vector<Sample> samples;
};

/// Adds `sample` to the measurement of `operation` and `store`, which is made if there is none.
void add_sample(std::vector<Measurement>& measurements, const std::string& operation,
                const std::string& store, Sample sample);

/// A table for people, as Google Benchmark prints one.
[[nodiscard]] std::string to_table(const std::vector<Measurement>& measurements);

/// The numbers for programs; bench/README.md tells what the fields mean.
[[nodiscard]] nlohmann::ordered_json to_json(const std::vector<Measurement>& measurements);

/// How many operations went wrong, in all.
[[nodiscard]] std::uint64_t errors_in(const std::vector<Measurement>& measurements);

}  // namespace larder::bench
