// SPDX-License-Identifier: Apache-2.0
#include "common/report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "common/spread.h"

namespace larder::bench {
namespace {

using nlohmann::ordered_json;

/// The samples' values of one field.
Spread spread_in(const Measurement& measurement, double Sample::* field) {
  std::vector<double> values;
  values.reserve(measurement.samples.size());
  for (const Sample& sample : measurement.samples) values.push_back(sample.*field);
  return spread_of(std::move(values));
}

/// How much longer the peer took, repetition by repetition.
Spread ratio(const Measurement& subject, const Measurement& peer, double Sample::* field) {
  std::vector<double> values;
  const std::size_t count = std::min(subject.samples.size(), peer.samples.size());
  for (std::size_t i = 0; i < count; ++i) {
    const double base = subject.samples[i].*field;
    if (base > 0) values.push_back(peer.samples[i].*field / base);
  }
  return spread_of(std::move(values));
}

std::uint64_t errors_of(const Measurement& measurement) {
  std::uint64_t errors = 0;
  for (const Sample& sample : measurement.samples) errors += sample.errors;
  return errors;
}

const Measurement* subject_of(const std::vector<Measurement>& all, const std::string& operation) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const Measurement& one) {
    return one.operation == operation && one.store == subject_name;
  });
  return found == all.end() ? nullptr : &*found;
}

double rounded(double value) { return std::round(value * 1000.0) / 1000.0; }

template <typename... Arguments>
std::string formatted(const char* pattern, Arguments... arguments) {
  std::array<char, 256> text{};
  std::snprintf(text.data(), text.size(), pattern, arguments...);
  return text.data();
}

std::string row(const Measurement& measurement, const Measurement* subject) {
  const Spread time = spread_in(measurement, &Sample::us);
  std::string line = formatted("%-28s %9.3f us %9.3f us %9.3f us %9.3f us %9.3f us",
                               (measurement.operation + "/" + measurement.store).c_str(),
                               time.median, spread_in(measurement, &Sample::cpu_us).median,
                               spread_in(measurement, &Sample::p50_us).median,
                               spread_in(measurement, &Sample::p99_us).median, time.max - time.min);
  if (subject != nullptr && subject != &measurement) {
    const Spread times = ratio(*subject, measurement, &Sample::us);
    line += formatted(" %7.2f (%.2f - %.2f)", times.median, times.min, times.max);
  }
  if (const std::uint64_t errors = errors_of(measurement); errors != 0) {
    line += " ERRORS: " + std::to_string(errors) + ", the first: ";
    for (const Sample& sample : measurement.samples) {
      if (!sample.error.empty()) return line + sample.error + "\n";
    }
  }
  return line + "\n";
}

void add_spread(ordered_json& to, const std::string& name, const std::string& unit,
                const Spread& spread) {
  to[name + unit] = rounded(spread.median);
  to[name + "_min" + unit] = rounded(spread.min);
  to[name + "_max" + unit] = rounded(spread.max);
}

void add_numbers(ordered_json& to, const std::string& who, const Measurement& measurement) {
  add_spread(to, who, "_us", spread_in(measurement, &Sample::us));
  to[who + "_p50_us"] = rounded(spread_in(measurement, &Sample::p50_us).median);
  to[who + "_p99_us"] = rounded(spread_in(measurement, &Sample::p99_us).median);
  to[who + "_put_p99_us"] = rounded(spread_in(measurement, &Sample::put_p99_us).median);
  to[who + "_worst_us"] = rounded(spread_in(measurement, &Sample::worst_us).max);
  to[who + "_cpu_us"] = rounded(spread_in(measurement, &Sample::cpu_us).median);
  to[who + "_flush_us"] = rounded(spread_in(measurement, &Sample::flush_us).median);
  to[who + "_errors"] = errors_of(measurement);
}

}  // namespace

void add_sample(std::vector<Measurement>& measurements, const std::string& operation,
                const std::string& store, Sample sample) {
  for (Measurement& known : measurements) {
    if (known.operation == operation && known.store == store) {
      known.samples.push_back(std::move(sample));
      return;
    }
  }
  measurements.push_back({operation, store, {std::move(sample)}});
}

std::string to_table(const std::vector<Measurement>& measurements) {
  const std::string head = formatted("%-28s %12s %12s %12s %12s %12s   %s", "Benchmark", "Time",
                                     "CPU", "p50", "p99", "Spread", "x larder (min - max)");
  const std::string rule(head.size() + 4, '-');
  std::string table = rule + "\n" + head + "\n" + rule + "\n";
  for (const Measurement& measurement : measurements) {
    table += row(measurement, subject_of(measurements, measurement.operation));
  }
  return table;
}

ordered_json to_json(const std::vector<Measurement>& measurements) {
  ordered_json results = ordered_json::array();
  for (const Measurement& peer : measurements) {
    const Measurement* subject = subject_of(measurements, peer.operation);
    if (subject == nullptr || subject == &peer) continue;
    ordered_json result{{"operation", peer.operation}, {"peer", peer.store}};
    add_numbers(result, "larder", *subject);
    add_numbers(result, "peer", peer);
    add_spread(result, "ratio", "", ratio(*subject, peer, &Sample::us));
    result["ratio_p50"] = rounded(ratio(*subject, peer, &Sample::p50_us).median);
    result["ratio_p99"] = rounded(ratio(*subject, peer, &Sample::p99_us).median);
    result["repetitions"] = peer.samples.size();
    results.push_back(std::move(result));
  }
  return results;
}

std::uint64_t errors_in(const std::vector<Measurement>& measurements) {
  std::uint64_t errors = 0;
  for (const Measurement& measurement : measurements) errors += errors_of(measurement);
  return errors;
}

}  // namespace larder::bench
