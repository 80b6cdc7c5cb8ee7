// SPDX-License-Identifier: Apache-2.0
#include "structures/side.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/spread.h"

namespace larder::bench {
namespace {

using nlohmann::json;

json to_json(const Request& request) {
  return {{"loop", request.loop}, {"calls", request.calls}, {"seconds", request.seconds}};
}

/// The answers of processes that ran at once, as one.
Sample combine(const std::vector<json>& answers) {
  Sample sample;
  std::vector<std::uint64_t> times;
  double flush_ns = 0.0;
  std::uint64_t begin = UINT64_MAX;
  std::uint64_t end = 0;
  std::size_t timed = 0;
  for (const json& answer : answers) {
    const auto some = answer.at("times_ns").get<std::vector<std::uint64_t>>();
    timed += some.empty() ? 0U : 1U;
    times.insert(times.end(), some.begin(), some.end());
    const std::string error = answer.at("error");
    if (!error.empty() && sample.errors++ == 0) sample.error = error;
    begin = std::min(begin, answer.at("begin_ns").get<std::uint64_t>());
    end = std::max(end, answer.at("end_ns").get<std::uint64_t>());
    flush_ns = std::max(flush_ns, answer.at("flush_ns").get<double>());
    sample.cpu_us += answer.at("cpu_us").get<double>();
  }
  sample.steps = times.size();
  const double steps = std::max(1.0, static_cast<double>(sample.steps));
  const Latencies latencies = latencies_of(std::move(times));
  sample.us = (timed == 1 ? latencies.total : static_cast<double>(end - begin)) / 1e3 / steps;
  sample.cpu_us /= steps;
  sample.flush_us = flush_ns / 1e3 / steps;
  sample.p50_us = latencies.p50 / 1e3;
  sample.p99_us = latencies.p99 / 1e3;
  sample.worst_us = latencies.worst / 1e3;
  return sample;
}

std::filesystem::path new_number_in(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  std::filesystem::path file = folder / "held";
  std::ofstream(file) << std::string(sizeof(std::uint64_t), '\0');
  return file;
}

}  // namespace

Side::Side(std::string name, const std::filesystem::path& folder, std::vector<std::string> program)
    : name_(std::move(name)), program_(std::move(program)), held_(new_number_in(folder)) {
  program_.push_back(folder.string());
}

Sample Side::run(const std::vector<Request>& requests) {
  while (processes_.size() < requests.size()) {
    processes_.push_back(std::make_unique<ChildProcess>(program_));
  }
  const std::uint64_t held_before = held_.get();
  for (std::size_t i = 0; i < requests.size(); ++i) {
    processes_[i]->write_line(to_json(requests[i]).dump());
  }
  for (std::size_t i = 0; i < requests.size(); ++i) processes_[i]->read_line();
  for (std::size_t i = 0; i < requests.size(); ++i) processes_[i]->write_line("go");
  std::vector<json> answers;
  answers.reserve(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    answers.push_back(json::parse(processes_[i]->read_line()));
  }
  processes_.resize(1);
  Sample sample = combine(answers);
  if (requests.front().loop == "contend" && held_.get() - held_before != sample.steps) {
    ++sample.errors;
    sample.error = "two held the lock at once";
  }
  return sample;
}

}  // namespace larder::bench
