// SPDX-License-Identifier: Apache-2.0
#include "compare/serve.h"

#include <iostream>
#include <limits>
#include <nlohmann/json.hpp>

#include "common/spread.h"
#include "common/usage.h"
#include "compare/workload.h"

namespace larder::bench {
namespace {

using nlohmann::json;

/// One loop: the steps of a plan, each timed for itself.
class Loop {
 public:
  Loop(Store& store, std::size_t value_bytes, const json& request)
      : store_(store),
        values_(value_bytes),
        name_(request.at("loop")),
        version_(request.at("version")),
        plan_(read_plan(request.at("plan").get<std::string>())) {
    const double seconds = request.at("seconds");
    if (seconds > 0) limit_ns_ = static_cast<std::uint64_t>(seconds * 1e9);
    times_.reserve(plan_.size());
    put_times_.reserve(plan_.size());
  }

  json run() {
    const double cpu_before = cpu_us();
    const std::uint64_t begin = now_ns();
    const std::uint64_t end = run_steps(begin);
    store_.flush();
    const std::uint64_t flushed = now_ns();
    wait_until_idle();
    const auto steps = times_.size();
    const double cpu = cpu_us() - cpu_before;
    const Latencies latencies = latencies_of(std::move(times_));
    const Latencies puts = latencies_of(std::move(put_times_));
    return {{"steps", steps},
            {"errors", errors_},
            {"error", error_},
            {"begin_ns", begin},
            {"end_ns", end},
            {"flush_ns", flushed - end},
            {"busy_ns", latencies.total},
            {"p50_ns", latencies.p50},
            {"p99_ns", latencies.p99},
            {"worst_ns", latencies.worst},
            {"put_p99_ns", puts.p99},
            {"cpu_us", cpu}};
  }

 private:
  std::uint64_t run_steps(std::uint64_t begin) {
    const std::uint64_t deadline = begin + limit_ns_;
    std::uint64_t now = begin;
    do {
      for (const std::uint32_t step : plan_) {
        try {
          now = run_step(step);
        } catch (const std::exception& failure) {
          count_error(failure.what());
          now = now_ns();
        }
        if (limit_ns_ != 0 && now >= deadline) return now;
      }
    } while (limit_ns_ != 0);
    return now;
  }

  std::uint64_t run_step(std::uint32_t step) {
    const std::uint32_t number = step & key_mask;
    switch (static_cast<Action>(step >> action_shift)) {
      case Action::put:
        return put(number);
      case Action::erase:
        return erase(number);
      case Action::get:
        break;
    }
    return get(number);
  }

  std::uint64_t put(std::uint32_t number) {
    const std::string key = present_key(number);
    const Bytes& value = values_.make(number, version_);
    const std::uint64_t start = now_ns();
    store_.put(key, value);
    const std::uint64_t end = note(start);
    put_times_.push_back(end - start);
    return end;
  }

  std::uint64_t get(std::uint32_t number) {
    const bool is_absent = name_ == "get_miss";
    const std::string key = is_absent ? absent_key(number) : present_key(number);
    const std::uint64_t start = now_ns();
    const std::optional<Bytes> value = store_.get(key);
    const std::uint64_t end = note(start);
    // Under the mixed load others put and erase meanwhile.
    const bool may_be_missing = is_absent || limit_ns_ != 0;
    const std::uint64_t expected = limit_ns_ != 0 ? 0 : version_;
    if (value && (is_absent || !values_.fits(*value, number, expected))) {
      count_error("a wrong value of " + key);
    }
    if (!value && !may_be_missing) count_error("no value of " + key);
    return end;
  }

  std::uint64_t erase(std::uint32_t number) {
    const std::string key = present_key(number);
    const std::uint64_t start = now_ns();
    const bool was_there = store_.erase(key);
    const std::uint64_t end = note(start);
    if (!was_there && limit_ns_ == 0) count_error("nothing to erase at " + key);
    return end;
  }

  std::uint64_t note(std::uint64_t start) {
    const std::uint64_t end = now_ns();
    times_.push_back(end - start);
    return end;
  }

  void count_error(const std::string& what) {
    if (errors_++ == 0) error_ = what;
  }

  Store& store_;
  Values values_;
  std::string name_;
  std::uint64_t version_;
  Plan plan_;
  std::uint64_t limit_ns_ = 0;
  std::vector<std::uint64_t> times_;
  std::vector<std::uint64_t> put_times_;
  std::uint64_t errors_ = 0;
  std::string error_;
};

/// What is put is what is got, and nothing else. Returns what went wrong, or nothing.
std::string prove(Store& store, std::size_t value_bytes) {
  Values values(value_bytes);
  for (std::uint32_t i = 0; i < 200; ++i) {
    const std::uint32_t number = key_mask - i * 7919;
    const std::string key = present_key(number);
    if (store.get(key)) return "a value before there is one";
    for (const std::uint64_t version : {1U, 2U}) {
      store.put(key, values.make(number, version));
      const std::optional<Bytes> value = store.get(key);
      if (!value || !values.fits(*value, number, version)) return "another value than was put";
    }
    if (!store.erase(key)) return "an erase that found nothing";
    if (store.get(key)) return "a value after it was erased";
    if (store.erase(key)) return "an erase of nothing that found something";
  }
  return "";
}

}  // namespace

void serve(Store& store, std::size_t value_bytes) {
  std::string line;
  while (std::getline(std::cin, line)) {
    const json request = json::parse(line);
    if (request.at("loop") == "prove") {
      std::cout << json{{"error", prove(store, value_bytes)}} << std::endl;
      continue;
    }
    Loop loop(store, value_bytes, request);
    std::cout << "ready" << std::endl;
    std::getline(std::cin, line);
    std::cout << loop.run() << std::endl;
  }
}

}  // namespace larder::bench
