// SPDX-License-Identifier: Apache-2.0
#include "larder/memo/rounding.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "larder/memo/detail/written_key.h"
#include "memo/copy_element.h"

namespace larder {

namespace {

/// To tens, hundreds and so on. `remainder` is exact, and even in ties.
double round_to_power(double value, int power) {
  if (power > std::numeric_limits<double>::max_exponent10) return 0.0;
  const double result = value - std::remainder(value, std::pow(10.0, power));
  return std::isfinite(result) ? result : value;  // the nearest is no double
}

double round_digits(double value, int decimals) {
  constexpr double all_integers_from = 4503599627370496.0;  // 2^52
  constexpr int most_decimals = 1074;  // the smallest number has no digit behind these
  if (std::abs(value) >= all_integers_from) return value;
  std::array<char, most_decimals + 24> digits;
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                     std::chars_format::fixed, std::min(decimals, most_decimals));
  double result = value;
  std::from_chars(digits.data(), written.ptr, result);
  return result;
}

std::size_t most_tuples(RoundingDepth depth) {
  switch (depth) {
    case RoundingDepth::simple:
      return 1;
    case RoundingDepth::shallow:
      return 2;
    case RoundingDepth::deep:
      break;
  }
  return max_key_depth;
}

}  // namespace

double round_half_even(double value, int decimals) {
  if (!std::isfinite(value)) return value;
  return decimals < 0 ? round_to_power(value, -decimals) : round_digits(value, decimals);
}

Key rounded(const Key& arguments, const Rounding& rounding) {
  const std::size_t most = most_tuples(rounding.depth);
  return Key(detail::WrittenKey{[&](KeyWriter& out) {
    KeyReader in(arguments.bytes());
    detail::copy_element(in, out, [&](double value, std::size_t tuples) {
      return tuples <= most ? round_half_even(value, rounding.decimals) : value;
    });
  }});
}

}  // namespace larder
