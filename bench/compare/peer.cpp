// SPDX-License-Identifier: Apache-2.0
#include "compare/peer.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "compare/store.h"

namespace larder::bench {
namespace {

using nlohmann::json;

json to_json(const Request& request) {
  return {{"loop", request.loop},
          {"plan", request.plan.string()},
          {"version", request.version},
          {"seconds", request.seconds}};
}

/// The answers of processes that ran at once, as one.
Sample combine(const std::vector<json>& answers) {
  Sample sample;
  double busy_ns = 0.0;
  double cpu_us = 0.0;
  double flush_ns = 0.0;
  std::uint64_t begin = UINT64_MAX;
  std::uint64_t end = 0;
  for (const json& answer : answers) {
    sample.steps += answer.at("steps").get<std::uint64_t>();
    sample.errors += answer.at("errors").get<std::uint64_t>();
    if (sample.error.empty()) sample.error = answer.at("error");
    busy_ns += answer.at("busy_ns").get<double>();
    cpu_us += answer.at("cpu_us").get<double>();
    flush_ns = std::max(flush_ns, answer.at("flush_ns").get<double>());
    begin = std::min(begin, answer.at("begin_ns").get<std::uint64_t>());
    end = std::max(end, answer.at("end_ns").get<std::uint64_t>());
    sample.p50_us += answer.at("p50_ns").get<double>() / 1e3;
    sample.p99_us = std::max(sample.p99_us, answer.at("p99_ns").get<double>() / 1e3);
    sample.put_p99_us = std::max(sample.put_p99_us, answer.at("put_p99_ns").get<double>() / 1e3);
    sample.worst_us = std::max(sample.worst_us, answer.at("worst_ns").get<double>() / 1e3);
  }
  const double steps = std::max(1.0, static_cast<double>(sample.steps));
  const bool is_alone = answers.size() == 1;
  sample.us = (is_alone ? busy_ns : static_cast<double>(end - begin)) / 1e3 / steps;
  sample.cpu_us = cpu_us / steps;
  sample.flush_us = flush_ns / 1e3 / steps;
  sample.p50_us /= static_cast<double>(answers.size());
  return sample;
}

}  // namespace

Peer::Peer(std::string name, std::filesystem::path folder, const Options& options)
    : name_(std::move(name)), folder_(std::move(folder)), options_(options) {
  std::filesystem::create_directories(folder_);
  processes_.push_back(start());
}

std::unique_ptr<ChildProcess> Peer::start() const {
  const std::string bytes = std::to_string(options_.value_bytes);
  if (name_ == diskcache_name) {
    return std::make_unique<ChildProcess>(
        std::vector<std::string>{options_.python, LARDER_DISKCACHE_PEER, folder_.string(), bytes});
  }
  return std::make_unique<ChildProcess>(
      std::vector<std::string>{"/proc/self/exe", "--serve", name_, folder_.string(), bytes});
}

void Peer::prove() {
  ChildProcess& process = *processes_.front();
  process.write_line(to_json(Request{.loop = "prove", .plan = {}}).dump());
  const std::string error = json::parse(process.read_line()).at("error");
  if (!error.empty()) throw std::runtime_error(name_ + " gave " + error);
}

Sample Peer::run(const Request& request) { return run_together({request}); }

Sample Peer::run_together(const std::vector<Request>& requests) {
  while (processes_.size() < requests.size()) processes_.push_back(start());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    processes_[i]->write_line(to_json(requests[i]).dump());
  }
  for (std::size_t i = 0; i < requests.size(); ++i) processes_[i]->read_line();
  for (std::size_t i = 0; i < requests.size(); ++i) processes_[i]->write_line("go");
  std::vector<json> answers;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    answers.push_back(json::parse(processes_[i]->read_line()));
  }
  processes_.resize(1);
  return combine(answers);
}

}  // namespace larder::bench
