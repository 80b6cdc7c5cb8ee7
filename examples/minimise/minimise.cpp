// SPDX-License-Identifier: Apache-2.0
//
// Looks for the spring whose swing was measured, by searches from many starts, in three dimensions.
// Each value of the objective takes a simulation: all are kept, and values are made of those of
// neighbours while the search only looks around. So each run needs fewer simulations than the one
// before, and finds the same minimum.
//
//   example_minimise STORE [STARTS]
//
// STORE is made by the first run. It keeps what each run did, too: STORE/evaluations.svg shows it.
#include <chrono>
#include <exception>
#include <filesystem>
#include <iostream>
#include <nlopt.hpp>
#include <random>
#include <string>
#include <vector>

#include "larder/cache/cache.h"
#include "larder/interpolation/interpolate.h"
#include "oscillator.h"
#include "plot.h"

namespace {

constexpr Spring truth = {4.0, 0.3, 1.5};
const std::vector<double> lowest = {1.0, 0.05, 0.0};
const std::vector<double> highest = {9.0, 1.0, 4.0};

std::vector<double> measure() {
  std::vector<double> places = swing(truth);
  std::mt19937 chance(1);  // the same measurement in every run
  std::normal_distribution<double> noise(0.0, 0.01);
  for (double& place : places) place += noise(chance);
  return places;
}

/// One search, from `start` to where no direction leads down any more.
template <typename Objective>
double search(Objective& objective, std::vector<double>& start, nlopt::algorithm method,
              double precision) {
  nlopt::opt minimizer(method, static_cast<unsigned>(start.size()));
  minimizer.set_lower_bounds(lowest);
  minimizer.set_upper_bounds(highest);
  minimizer.set_xtol_rel(precision);
  minimizer.set_maxeval(400);
  minimizer.set_min_objective(
      [](const std::vector<double>& point, std::vector<double>& /*gradient*/, void* data) {
        return (*static_cast<Objective*>(data))(point);
      },
      &objective);
  double value = 0.0;
  minimizer.optimize(start, value);
  return value;
}

std::vector<double> any_start(std::mt19937& chance) {
  std::vector<double> start;
  start.reserve(lowest.size());
  for (std::size_t i = 0; i < lowest.size(); ++i) {
    start.push_back(std::uniform_real_distribution<double>(lowest[i], highest[i])(chance));
  }
  return start;
}

int minimise(const std::filesystem::path& store, int starts) {
  larder::Cache cache = larder::Cache::open({.path = store});
  auto runs = cache.get<std::vector<std::vector<std::uint64_t>>>("runs").value_or(
      std::vector<std::vector<std::uint64_t>>());
  const std::vector<double> measured = measure();
  auto objective = larder::interpolate(cache.sub("misfit v1"),
                                       [&](const std::vector<double>& point) {
                                         return misfit({point[0], point[1], point[2]}, measured);
                                       },
                                       {.tolerance = {0.8, 0.1, 0.4}, .max_error = 0.05});
  auto exact = [&](const std::vector<double>& point) { return objective.exact(point); };

  const auto begin = std::chrono::steady_clock::now();
  std::mt19937 chance(static_cast<unsigned>(runs.size()));  // other starts in each run
  std::vector<double> best;
  double lowest_value = 0.0;
  for (int i = 0; i < starts; ++i) {
    std::vector<double> point = any_start(chance);
    const double value = search(objective, point, nlopt::LN_SBPLX, 1e-2);
    if (best.empty() || value < lowest_value) {
      lowest_value = value;
      best = point;
    }
  }
  // What interpolation found is only near: the end of the way is looked for without it.
  lowest_value = search(exact, best, nlopt::LN_BOBYQA, 1e-4);
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;

  const larder::InterpolationStats stats = objective.stats();
  runs.push_back({stats.computed, stats.known, stats.estimated});
  cache.put("runs", runs);
  std::vector<Run> shown;
  shown.reserve(runs.size());
  for (const auto& run : runs) shown.push_back({run.at(0), run.at(1), run.at(2)});
  plot(shown, store / "evaluations.svg");

  std::cout << "run " << runs.size() << ": stiffness " << best[0] << ", damping " << best[1]
            << ", bend " << best[2] << ", misfit " << lowest_value << "\n"
            << stats.computed << " computed, " << stats.known << " known, " << stats.estimated
            << " estimated, " << time.count() << " s\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::cerr << "usage: example_minimise STORE [STARTS]\n";
    return 2;
  }
  try {
    return minimise(argv[1], argc == 3 ? std::stoi(argv[2]) : 20);
  } catch (const std::exception& error) {
    std::cerr << "example_minimise: " << error.what() << "\n";
    return 1;
  }
}
