// SPDX-License-Identifier: Apache-2.0
#include "oscillator.h"

#include <cmath>
#include <cstddef>

namespace {

struct State {
  double place;
  double speed;
};

State slope(const State& state, const Spring& spring) {
  const auto [stiffness, damping, bend] = spring;
  return {state.speed, -stiffness * state.place - damping * state.speed -
                           bend * state.place * state.place * state.place};
}

State moved(const State& state, const State& slope, double time) {
  return {state.place + time * slope.place, state.speed + time * slope.speed};
}

/// One step of the classic method of Runge and Kutta.
State step(const State& state, const Spring& spring, double time) {
  const State a = slope(state, spring);
  const State b = slope(moved(state, a, time / 2), spring);
  const State c = slope(moved(state, b, time / 2), spring);
  const State d = slope(moved(state, c, time), spring);
  return {state.place + time / 6 * (a.place + 2 * b.place + 2 * c.place + d.place),
          state.speed + time / 6 * (a.speed + 2 * b.speed + 2 * c.speed + d.speed)};
}

}  // namespace

std::vector<double> swing(const Spring& spring) {
  constexpr int moments = 200;
  constexpr int steps_between = 200;
  constexpr double time = 0.05 / steps_between;
  std::vector<double> places;
  places.reserve(moments);
  State state{.place = 1.0, .speed = 0.0};
  for (int moment = 0; moment < moments; ++moment) {
    for (int i = 0; i < steps_between; ++i) state = step(state, spring, time);
    places.push_back(state.place);
  }
  return places;
}

double misfit(const Spring& spring, const std::vector<double>& measured) {
  const std::vector<double> places = swing(spring);
  double squares = 0.0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    squares += (places[i] - measured[i]) * (places[i] - measured[i]);
  }
  return std::sqrt(squares / static_cast<double>(places.size()));
}
