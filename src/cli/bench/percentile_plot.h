// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/bench/latency_curve.h"

namespace larder::cli {

/// A curve with a name.
struct PlotLine {
  std::string name;
  std::vector<LatencyCurve::Point> points;
};

/// One picture among several that share their axes; lines of the same name look the same.
struct Plot {
  std::string title;
  std::vector<PlotLine> lines;
};

/// `text` with everything replaced that means something in XML.
[[nodiscard]] std::string xml_text(std::string_view text);

/// A drawing in SVG, complete in itself: time upwards, percentiles to the right, both logarithmic;
/// the axis of percentiles goes towards 100 % as 90, 99, 99.9... The names are below.
[[nodiscard]] std::string to_svg(std::string_view title, const std::vector<Plot>& plots);

}  // namespace larder::cli
