// SPDX-License-Identifier: Apache-2.0
#include "plot.h"

#include <algorithm>
#include <fstream>
#include <string_view>

namespace {

constexpr double column = 30.0;
constexpr double height = 240.0;
constexpr double edge = 30.0;

class Columns {
 public:
  Columns(std::ofstream& out, double largest) : out_(out), scale_(height / largest) {}

  void begin(std::size_t number) {
    left_ = edge + column * static_cast<double>(number);
    top_ = edge + height;
    out_ << "<text x='" << left_ + column / 2 << "' y='" << top_ + 16 << "'>" << number + 1
         << "</text>\n";
  }
  void add(std::uint64_t count, std::string_view color) {
    const double size = scale_ * static_cast<double>(count);
    top_ -= size;
    out_ << "<rect x='" << left_ + 3 << "' y='" << top_ << "' width='" << column - 6 << "' height='"
         << size << "' fill='" << color << "'><title>" << count << "</title></rect>\n";
  }

 private:
  std::ofstream& out_;
  double scale_;
  double left_ = 0.0;
  double top_ = 0.0;
};

}  // namespace

void plot(const std::vector<Run>& runs, const std::filesystem::path& file) {
  std::uint64_t largest = 1;
  for (const Run& run : runs) {
    largest = std::max(largest, run.computed + run.known + run.estimated);
  }
  std::ofstream out(file);
  out << "<svg xmlns='http://www.w3.org/2000/svg' width='"
      << std::max(420.0, 2 * edge + column * static_cast<double>(runs.size())) << "' height='"
      << height + 2 * edge << "' font-family='sans-serif' font-size='12' text-anchor='middle'>\n"
      << "<text x='" << edge << "' y='18' text-anchor='start'>values in each run: <tspan "
      << "fill='#b2182b'>computed</tspan>, <tspan fill='#2166ac'>known</tspan>, <tspan "
      << "fill='#67a9cf'>estimated</tspan></text>\n";
  Columns columns(out, static_cast<double>(largest));
  for (std::size_t i = 0; i < runs.size(); ++i) {
    columns.begin(i);
    columns.add(runs[i].computed, "#b2182b");
    columns.add(runs[i].known, "#2166ac");
    columns.add(runs[i].estimated, "#67a9cf");
  }
  out << "</svg>\n";
}
