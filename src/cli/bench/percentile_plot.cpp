// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/percentile_plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>

#include "cli/bench/joined.h"

namespace larder::cli {
namespace {

constexpr double panel_width = 470;
constexpr double panel_height = 320;
constexpr double head_height = 44;
constexpr double legend_line = 20;
constexpr double left = 62;
constexpr double right = 18;
constexpr double top = 30;
constexpr double bottom = 44;
constexpr std::size_t columns = 2;

double row_of(std::size_t index) {
  const std::size_t row = index / columns;
  return static_cast<double>(row);
}

// Colours that remain apart for those who see fewer of them (Okabe and Ito).
constexpr std::array<const char*, 7> colours = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                                "#E69F00", "#56B4E9", "#333333"};
constexpr std::array<const char*, 3> dashes = {"none", "7 3", "2 3"};

std::string shown(double number) {
  std::array<char, 32> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.1f", number);
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string attribute(std::string_view name, std::string_view value) {
  return joined({" ", name, "=\"", value, "\""});
}

std::string attribute(std::string_view name, double value) { return attribute(name, shown(value)); }

std::string text_at(double x, double y, std::string_view anchor, std::string_view text,
                    std::string_view more = "") {
  return joined({"<text", attribute("x", x), attribute("y", y), attribute("text-anchor", anchor),
                 more, ">", xml_text(text), "</text>\n"});
}

std::string stroke_between(double x1, double y1, double x2, double y2) {
  return joined({"<line", attribute("x1", x1), attribute("y1", y1), attribute("x2", x2),
                 attribute("y2", y2), "/>\n"});
}

/// How line number `index` looks.
std::string look(std::size_t index) {
  return attribute("stroke", colours[index % colours.size()]) +
         attribute("stroke-dasharray", dashes[index / colours.size() % dashes.size()]);
}

std::string decade_name(int decade) {
  constexpr std::array<const char*, 3> numbers = {"1", "10", "100"};
  constexpr std::array<const char*, 4> units = {" ns", " us", " ms", " s"};
  const std::size_t unit = std::min<std::size_t>(static_cast<std::size_t>(decade) / 3, 3);
  const std::size_t number = static_cast<std::size_t>(decade) - unit * 3;
  return number < numbers.size() ? joined({numbers[number], units[unit]})
                                 : joined({"1e", std::to_string(number), units[unit]});
}

std::string percentile_name(int nines) {
  if (nines == 0) return "0 %";
  if (nines == 1) return "90 %";
  std::string name = "99";
  if (nines > 2) name.append(1, '.').append(static_cast<std::size_t>(nines) - 2, '9');
  return name.append(" %");
}

/// What the pictures show, as powers of ten.
struct Range {
  int first_decade = 0;
  int last_decade = 1;
  int nines = 1;
};

double decade_of(std::chrono::nanoseconds latency) {
  return std::log10(std::max(1.0, static_cast<double>(latency.count())));
}

Range range_of(const std::vector<Plot>& plots) {
  double least = 30;
  double most = 0;
  double nines = 1;
  for (const Plot& plot : plots) {
    for (const PlotLine& line : plot.lines) {
      for (const LatencyCurve::Point& point : line.points) {
        least = std::min(least, decade_of(point.latency));
        most = std::max(most, decade_of(point.latency));
        nines = std::max(nines, point.nines);
      }
    }
  }
  Range range{.first_decade = static_cast<int>(std::floor(std::min(least, most))),
              .last_decade = static_cast<int>(std::ceil(most)),
              .nines = static_cast<int>(std::ceil(nines))};
  range.last_decade = std::max(range.last_decade, range.first_decade + 1);
  return range;
}

std::vector<std::string> names_in(const std::vector<Plot>& plots) {
  std::vector<std::string> names;
  for (const Plot& plot : plots) {
    for (const PlotLine& line : plot.lines) {
      if (std::ranges::find(names, line.name) == names.end()) names.push_back(line.name);
    }
  }
  return names;
}

/// One picture with its corner at (x, y).
class Panel {
 public:
  Panel(double x, double y, const Range& range) : x_(x), y_(y), range_(range) {}

  [[nodiscard]] std::string draw(const Plot& plot, const std::vector<std::string>& names) const {
    std::string svg =
        text_at(x_ + left, y_ + top - 10, "start", plot.title, attribute("font-weight", "bold"));
    svg += grid() + tick_names() + "<g fill=\"none\" stroke-width=\"1.8\">\n";
    for (const PlotLine& line : plot.lines) {
      const auto index = std::ranges::find(names, line.name) - names.begin();
      svg += curve(line, static_cast<std::size_t>(index));
    }
    return svg + "</g>\n";
  }

 private:
  [[nodiscard]] double at_nines(double nines) const {
    return x_ + left + (panel_width - left - right) * nines / range_.nines;
  }

  [[nodiscard]] double at_decade(double decade) const {
    const double part = (decade - range_.first_decade) / (range_.last_decade - range_.first_decade);
    return y_ + panel_height - bottom - (panel_height - top - bottom) * part;
  }

  [[nodiscard]] std::string grid() const {
    std::string svg = "<g stroke=\"#d8d8d8\">\n";
    for (int nines = 0; nines <= range_.nines; ++nines) {
      svg += stroke_between(at_nines(nines), at_decade(range_.first_decade), at_nines(nines),
                            at_decade(range_.last_decade));
    }
    for (int decade = range_.first_decade; decade <= range_.last_decade; ++decade) {
      svg +=
          stroke_between(at_nines(0), at_decade(decade), at_nines(range_.nines), at_decade(decade));
    }
    return svg + "</g>\n";
  }

  [[nodiscard]] std::string tick_names() const {
    std::string svg;
    for (int nines = 0; nines <= range_.nines; ++nines) {
      svg += text_at(at_nines(nines), at_decade(range_.first_decade) + 16, "middle",
                     percentile_name(nines));
    }
    for (int decade = range_.first_decade; decade <= range_.last_decade; ++decade) {
      svg += text_at(at_nines(0) - 6, at_decade(decade) + 4, "end", decade_name(decade));
    }
    return svg + text_at(at_nines(range_.nines / 2.0), at_decade(range_.first_decade) + 34,
                         "middle", "percentile of calls", attribute("fill", "#666"));
  }

  [[nodiscard]] std::string curve(const PlotLine& line, std::size_t index) const {
    std::string points;
    for (const LatencyCurve::Point& point : line.points) {
      points += joined({points.empty() ? "" : " ", shown(at_nines(point.nines)), ",",
                        shown(at_decade(decade_of(point.latency)))});
    }
    return joined({"<polyline", look(index), attribute("points", points), "><title>",
                   xml_text(line.name), "</title></polyline>\n"});
  }

  double x_;
  double y_;
  const Range& range_;
};

std::string legend(const std::vector<std::string>& names, double y) {
  std::string svg;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const double x = left + static_cast<double>(i % columns) * panel_width;
    const double line = y + row_of(i) * legend_line;
    svg += joined({"<g stroke-width=\"2.5\"", look(i), ">",
                   stroke_between(x, line - 4, x + 32, line - 4), "</g>\n",
                   text_at(x + 40, line, "start", names[i])});
  }
  return svg;
}

}  // namespace

std::string xml_text(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '&':
        result += "&amp;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        // XML has no way to write the other control characters.
        result += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    }
  }
  return result;
}

std::string to_svg(std::string_view title, const std::vector<Plot>& plots) {
  const Range range = range_of(plots);
  const std::vector<std::string> names = names_in(plots);
  const double width = panel_width * columns;
  const double legend_y =
      head_height + row_of(plots.size() + columns - 1) * panel_height + legend_line;
  const double height = legend_y + row_of(names.size() + columns - 1) * legend_line;
  std::string svg = joined(
      {R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 )", shown(width), " ", shown(height),
       "\"", attribute("width", width), attribute("height", height),
       R"( font-family="sans-serif" font-size="12" fill="#222">)", "\n<title>", xml_text(title),
       "</title>\n", R"(<rect width="100%" height="100%" fill="#fff"/>)", "\n"});
  svg += text_at(left, head_height - 16, "start", title, attribute("font-size", "15"));
  for (std::size_t i = 0; i < plots.size(); ++i) {
    const Panel panel(static_cast<double>(i % columns) * panel_width,
                      head_height + row_of(i) * panel_height, range);
    svg += panel.draw(plots[i], names);
  }
  return svg + legend(names, legend_y) + "</svg>\n";
}

}  // namespace larder::cli
