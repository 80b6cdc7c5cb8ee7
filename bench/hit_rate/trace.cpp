// SPDX-License-Identifier: Apache-2.0
#include "hit_rate/trace.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>
#include <string_view>
#include <unordered_set>

#include "common/child_process.h"
#include "larder/core/random.h"

namespace larder::bench {
namespace {

Trace counted(std::string name, std::vector<std::uint64_t> keys) {
  const std::unordered_set<std::uint64_t> distinct(keys.begin(), keys.end());
  return {.name = std::move(name), .keys = std::move(keys), .distinct = distinct.size()};
}

/// Draws ranks: the k-th of `count` is drawn with a probability like 1/k^skew.
class Zipf {
 public:
  Zipf(std::size_t count, double skew) : up_to_(count) {
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
      sum += 1.0 / std::pow(static_cast<double>(i + 1), skew);
      up_to_[i] = sum;
    }
  }

  std::uint64_t operator()(Random& random) const {
    const double at = static_cast<double>(random() >> 11U) * 0x1p-53 * up_to_.back();
    const auto found = std::ranges::upper_bound(up_to_, at);
    return static_cast<std::uint64_t>(found - up_to_.begin());
  }

 private:
  std::vector<double> up_to_;
};

constexpr std::size_t zipf_keys = 100'000;
constexpr std::size_t zipf_accesses = 1'000'000;

Trace zipf() {
  Random random(1);
  const Zipf draw(zipf_keys, 0.9);
  std::vector<std::uint64_t> keys(zipf_accesses);
  for (std::uint64_t& key : keys) key = draw(random);
  return counted("zipf", std::move(keys));
}

// Every now and then someone reads a few thousand keys once, in order.
Trace zipf_scan() {
  Random random(2);
  const Zipf draw(zipf_keys, 0.9);
  std::vector<std::uint64_t> keys;
  std::uint64_t next_new = zipf_keys;
  while (keys.size() < zipf_accesses) {
    for (int i = 0; i < 20'000; ++i) keys.push_back(draw(random));
    for (int i = 0; i < 5'000; ++i) keys.push_back(next_new++);
  }
  return counted("zipf_scan", std::move(keys));
}

Trace loop_small() {
  std::vector<std::uint64_t> keys(300'000);
  for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = i % 10'000;
  return counted("loop_small", std::move(keys));
}

std::vector<std::uint64_t> parse_lines(std::string_view text) {
  std::vector<std::uint64_t> keys;
  while (!text.empty()) {
    const std::size_t length = std::min(text.find('\n'), text.size());
    std::uint64_t key = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + length, key);
    if (error == std::errc()) keys.push_back(key);  // else a marker or an empty line
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  return keys;
}

std::vector<std::uint64_t> parse_numbers(std::string_view bytes) {
  std::vector<std::uint64_t> keys;
  for (std::size_t i = 0; i + 4 <= bytes.size(); i += 4) {
    std::uint64_t key = 0;
    for (std::size_t j = 0; j < 4; ++j) key = key << 8U | static_cast<unsigned char>(bytes[i + j]);
    keys.push_back(key);
  }
  return keys;
}

}  // namespace

std::vector<Trace> synthetic_traces() { return {zipf(), zipf_scan(), loop_small()}; }

std::vector<Trace> read_traces(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().stem().extension() == ".trace") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  std::vector<Trace> traces;
  for (const std::filesystem::path& file : files) {
    const bool is_text = file.extension() == ".gz";
    const std::string content =
        ChildProcess({is_text ? "gzip" : "xz", "-dc", file.string()}).read_all();
    traces.push_back(counted(file.stem().stem().string(),
                             is_text ? parse_lines(content) : parse_numbers(content)));
    if (traces.back().keys.empty()) throw std::runtime_error("no accesses in " + file.string());
  }
  return traces;
}

}  // namespace larder::bench
