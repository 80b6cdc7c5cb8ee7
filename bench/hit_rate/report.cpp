// SPDX-License-Identifier: Apache-2.0
#include "hit_rate/report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace larder::bench {
namespace {

constexpr std::array<Eviction, 8> all = {Eviction::fifo,  Eviction::lru,     Eviction::lfu,
                                         Eviction::sieve, Eviction::s3_fifo, Eviction::w_tinylfu,
                                         Eviction::mru,   Eviction::random};

template <typename... Arguments>
std::string formatted(const char* pattern, Arguments... arguments) {
  std::array<char, 128> text{};
  std::snprintf(text.data(), text.size(), pattern, arguments...);
  return text.data();
}

double rounded(double value) { return std::round(value * 10000.0) / 10000.0; }

std::string line(const Row& row) {
  const auto best = std::ranges::max_element(row.replays, {}, &Replay::hit_rate);
  std::string text = formatted("| %s | %g | %lu |", row.trace.c_str(), row.percent, row.entries);
  for (const Replay& replay : row.replays) {
    const bool is_best = replay.hit_rate > best->hit_rate - 0.0005;
    text += formatted(is_best ? " **%.1f** |" : " %.1f |", 100 * replay.hit_rate);
  }
  return text + formatted(" %.1f |\n", 100 * row.optimum);
}

/// The mean over all rows of a number of the policy at `index`.
template <typename Number>
double mean(const std::vector<Row>& rows, std::size_t index, Number number) {
  double sum = 0;
  for (const Row& row : rows) sum += number(row, row.replays[index]);
  return rows.empty() ? 0 : sum / static_cast<double>(rows.size());
}

double part_of_optimum(const Row& row, const Replay& replay) {
  return row.optimum > 0 ? replay.hit_rate / row.optimum : 1;
}

}  // namespace

std::span<const Eviction> policies() { return all; }

std::string to_table(const std::vector<Row>& rows) {
  std::string table = "| trace | % of keys | entries |";
  std::string rule = "|---|---|---|";
  std::string parts = "| part of the optimum | | |";
  std::string times = "| ns for one access | | |";
  for (std::size_t i = 0; i < all.size(); ++i) {
    table += formatted(" %s |", to_string(all[i]).data());
    rule += "---|";
    parts += formatted(" %.3f |", mean(rows, i, part_of_optimum));
    times += formatted(" %.0f |",
                       mean(rows, i, [](const Row&, const Replay& replay) { return replay.ns; }));
  }
  table += " optimum |\n" + rule + "---|\n";
  for (const Row& row : rows) table += line(row);
  return table + parts + " 1 |\n" + times + " |\n";
}

nlohmann::ordered_json to_json(const std::vector<Row>& rows) {
  nlohmann::ordered_json results = nlohmann::ordered_json::array();
  for (const Row& row : rows) {
    nlohmann::ordered_json result{{"trace", row.trace},
                                  {"accesses", row.accesses},
                                  {"distinct_keys", row.distinct},
                                  {"percent_of_keys", row.percent},
                                  {"entries", row.entries},
                                  {"optimum", rounded(row.optimum)}};
    for (std::size_t i = 0; i < all.size(); ++i) {
      result[std::string(to_string(all[i])) + "_hit_rate"] = rounded(row.replays[i].hit_rate);
      result[std::string(to_string(all[i])) + "_ns"] = std::round(row.replays[i].ns);
    }
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace larder::bench
