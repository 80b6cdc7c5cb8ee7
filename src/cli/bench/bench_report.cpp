// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/bench_report.h"

#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <thread>
#include <utility>

#include "cli/bench/joined.h"
#include "cli/bench/percentile_plot.h"
#include "cli/human.h"
#include "cli/json.h"
#include "larder/core/clock.h"

namespace larder::cli {
namespace {

struct Column {
  const char* title;
  const char* field;
  double q;
};

constexpr std::array columns = {Column{"50 %", "p50", 0.5}, Column{"90 %", "p90", 0.9},
                                Column{"99 %", "p99", 0.99}, Column{"99.9 %", "p99_9", 0.999},
                                Column{"99.99 %", "p99_99", 0.9999}};

std::string counted(std::uint64_t count, std::string_view what) {
  return joined({std::to_string(count), " ", what});
}

std::string plural(std::uint64_t count, std::string_view one, std::string_view many) {
  return counted(count, count == 1 ? one : many);
}

std::string describe(const BenchPlan& plan) {
  std::string text = joined({counted(plan.keys, "keys, "), human_size(plan.value_bytes),
                             " values, ", plural(plan.processes, "process", "processes")});
  if (plan.threads > 1) text.append(" of ").append(counted(plan.threads, "threads"));
  if (plan.max_entries) text.append(", at most ").append(counted(*plan.max_entries, "entries"));
  return text;
}

std::string rate(const BenchResult& result) {
  const double calls = static_cast<double>(result.latencies.count());
  return result.seconds > 0 ? std::to_string(std::llround(calls / result.seconds)) : "-";
}

/// The cells of one line, the name of the subject first.
std::vector<std::string> cells(const BenchResult& result) {
  std::vector<std::string> line = {result.subject.name(), std::to_string(result.latencies.count()),
                                   std::to_string(result.absent), rate(result)};
  for (const Column& column : columns) {
    const auto latency = result.latencies.quantile(column.q);
    line.push_back(latency ? human_latency(*latency) : "-");
  }
  line.push_back(human_latency(result.latencies.max()));
  return line;
}

std::vector<std::string> headings(BenchOperation operation) {
  std::vector<std::string> line = {std::string(to_string(operation)), "calls", "absent", "calls/s"};
  for (const Column& column : columns) line.emplace_back(column.title);
  line.emplace_back("max");
  return line;
}

using Rows = std::vector<std::vector<std::string>>;

/// A heading and a line for each subject.
Rows rows_of(BenchOperation operation, const std::vector<BenchResult>& results) {
  Rows rows = {headings(operation)};
  for (const BenchResult& result : results) {
    if (result.operation == operation) rows.push_back(cells(result));
  }
  return rows;
}

std::string aligned(const Rows& rows, std::size_t first_width) {
  constexpr std::size_t width = 11;
  std::string text;
  for (const std::vector<std::string>& row : rows) {
    std::string line = row.front();
    line.resize(std::max(line.size(), first_width), ' ');
    for (std::size_t i = 1; i < row.size(); ++i) {
      line.append(width - std::min(width, row[i].size()), ' ').append(row[i]);
    }
    text += line + "\n";
  }
  return text;
}

std::string html_table(const Rows& rows) {
  std::string html = "<table>\n";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string_view open = i == 0 ? "<th>" : "<td>";
    const std::string_view close = i == 0 ? "</th>" : "</td>";
    html += "<tr>";
    for (const std::string& text : rows[i]) html.append(open).append(xml_text(text)).append(close);
    html += "</tr>\n";
  }
  return html + "</table>\n";
}

std::string machine() {
  utsname names{};
  const bool is_known = ::uname(&names) == 0;
  const std::string processors =
      plural(std::thread::hardware_concurrency(), "processor", "processors");
  return is_known ? joined({processors, ", ", names.sysname, " ", names.release}) : processors;
}

std::string title_of(const BenchPlan& plan) { return joined({"larder bench: ", describe(plan)}); }

constexpr std::string_view style = R"(body { font: 15px/1.45 sans-serif; margin: 2em; color: #222;
  background: #fff }
svg { max-width: 100%; height: auto }
table { border-collapse: collapse; margin: 1em 0 }
td, th { text-align: right; padding: 0.15em 0.8em; border-bottom: 1px solid #ddd }
td:first-child, th:first-child { text-align: left; min-width: 15em }
)";

}  // namespace

std::string bench_table(const std::vector<BenchResult>& results) {
  std::size_t width = 0;
  for (const BenchResult& result : results) width = std::max(width, result.subject.name().size());
  std::string table;
  for (const BenchOperation operation : all_bench_operations) {
    if (!table.empty()) table += "\n";
    table += aligned(rows_of(operation, results), width);
  }
  return table;
}

std::string bench_json(const BenchPlan& plan, const std::vector<BenchResult>& results) {
  const auto seconds = [](std::chrono::nanoseconds time) {
    return std::chrono::duration<double>(time).count();
  };
  std::string lines;
  for (const BenchResult& result : results) {
    JsonObject object;
    object.text("operation", to_string(result.operation))
        .text("engine", to_string(result.subject.engine));
    if (result.subject.durability) {
      object.text("durability", to_string(*result.subject.durability));
    } else {
      object.null("durability");
    }
    object.text("policy", to_string(result.subject.policy))
        .number("keys", plan.keys)
        .number("value_bytes", plan.value_bytes)
        .number("processes", plan.processes)
        .number("threads", plan.threads)
        .number("calls", result.latencies.count())
        .number("absent", result.absent)
        .real("seconds", result.seconds)
        .real("mean", seconds(result.latencies.mean()));
    for (const Column& column : columns) {
      const auto latency = result.latencies.quantile(column.q);
      latency ? object.real(column.field, seconds(*latency)) : object.null(column.field);
    }
    lines += object.real("max", seconds(result.latencies.max())).line();
  }
  return lines;
}

std::string bench_svg(const BenchPlan& plan, const std::vector<BenchResult>& results) {
  constexpr unsigned steps = 40;
  std::vector<Plot> plots;
  for (const BenchOperation operation : all_bench_operations) {
    Plot plot{.title = std::string(to_string(operation)), .lines = {}};
    for (const BenchResult& result : results) {
      if (result.operation != operation) continue;
      plot.lines.push_back(
          {.name = result.subject.name(), .points = result.latencies.points(steps)});
    }
    plots.push_back(std::move(plot));
  }
  return to_svg(title_of(plan), plots);
}

std::string bench_html(const BenchPlan& plan, const std::vector<BenchResult>& results) {
  const std::string title = xml_text(title_of(plan));
  std::string html = joined(
      {"<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>", title,
       "</title>\n<style>\n", style, "</style>\n<h1>", title, "</h1>\n<p>larder ", LARDER_VERSION,
       ", ", iso_time(Clock::system().now()), ", ", xml_text(machine()), ", in ",
       xml_text(plan.folder.string()),
       ".</p>\n<p>Every call is timed; percentiles are exact.</p>\n", bench_svg(plan, results)});
  for (const BenchOperation operation : all_bench_operations) {
    html += html_table(rows_of(operation, results));
  }
  return html + "</html>\n";
}

}  // namespace larder::cli
