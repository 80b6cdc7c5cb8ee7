// SPDX-License-Identifier: Apache-2.0
//
// A function whose values are kept, and made of those nearby where that is good enough.
#include "larder/interpolation/interpolate.h"

#include <cmath>
#include <iostream>

#include "larder/cache/cache.h"

int main() {
  larder::Cache cache = larder::Cache::temporary();

  //! [interpolate]
  int calls = 0;
  const auto drag = [&](double speed, double angle) {  // takes an hour
    ++calls;
    return 0.5 * speed * speed * (0.02 + std::pow(std::sin(angle), 2.0));
  };
  auto quick_drag = larder::interpolate(cache.sub("drag"), drag,
                                        {.tolerance = {2.0, 0.1},  // how near is near
                                         .max_error = 0.5});       // and how good is good enough

  for (double speed = 10.0; speed < 14.0; speed += 0.5) {
    for (double angle = 0.0; angle < 0.2; angle += 0.02) quick_drag.exact(speed, angle);
  }
  const int calls_so_far = calls;
  std::cout << quick_drag(11.3, 0.07) << " instead of " << drag(11.3, 0.07) << "\n";
  std::cout << calls - calls_so_far - 1 << " more calls\n";

  const auto estimate = quick_drag.estimate(11.3, 0.07);  // never calls
  std::cout << estimate->neighbours << " neighbours, the closest at " << estimate->distance
            << " tolerances\n";
  std::cout << std::boolalpha << quick_drag.estimate(40.0, 0.07).has_value() << "\n";
  //! [interpolate]
}
