// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "larder/key/key.h"

namespace larder {

/// How deep within the arguments of a call `Rounding` reaches.
enum class RoundingDepth {
  simple,   ///< Arguments that are floating-point numbers themselves.
  shallow,  ///< Also the elements of arguments that are tuples or sequences.
  deep,     ///< All floating-point numbers, however deep.
};

/// How floating-point numbers are rounded in a call key: calls with nearly equal arguments share a
/// result. The function itself gets the arguments as they are. Neighbours on both sides of an edge
/// of the grid have different keys, however near they are.
struct Rounding {
  /// Digits that are kept behind the decimal point; -2 rounds to hundreds.
  int decimals = 0;

  RoundingDepth depth = RoundingDepth::simple;
};

/// `value` rounded to `decimals` digits behind the decimal point: to the nearest by its exact
/// value, and exactly halfway to the even digit, so 2.5 gives 2 and 3.5 gives 4. Infinities and NaN
/// stay what they are.
[[nodiscard]] double round_half_even(double value, int decimals);

/// `arguments`, a tuple, with its floating-point numbers rounded. A key that is no tuple counts as
/// the only argument.
[[nodiscard]] Key rounded(const Key& arguments, const Rounding& rounding);

}  // namespace larder
