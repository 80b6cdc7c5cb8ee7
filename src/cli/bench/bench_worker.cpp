// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/bench_worker.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <exception>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "cli/bench/joined.h"
#include "larder/cache/cache.h"
#include "larder/core/clock.h"
#include "larder/core/error.h"
#include "larder/core/random.h"

namespace larder::cli {
namespace {

std::uint64_t now_ns() {
  const auto now = Clock::system().steady_now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::nanoseconds(now).count());
}

std::string key_text(const char* pattern, std::uint64_t number) {
  std::array<char, 32> text{};
  const int size =
      std::snprintf(text.data(), text.size(), pattern, static_cast<unsigned long long>(number));
  return {text.data(), static_cast<std::size_t>(size)};
}

/// The values of all keys: noise, which begins with the number of the key.
class BenchValues {
 public:
  explicit BenchValues(std::uint64_t size) : bytes_(size) {
    Random random(size);
    for (std::byte& byte : bytes_) byte = static_cast<std::byte>(random() & 0xFFU);
  }

  const Bytes& of(std::uint64_t number) {
    std::memcpy(bytes_.data(), &number, std::min(sizeof number, bytes_.size()));
    return bytes_;
  }

 private:
  Bytes bytes_;
};

class Worker {
 public:
  Worker(const BenchPlan& plan, std::uint64_t number, Cache& cache, BenchArena& arena)
      : plan_(plan),
        number_(number),
        cache_(cache),
        arena_(arena),
        values_(plan.value_bytes),
        random_(number + 1) {}

  void run(BenchOperation operation) {
    operation_ = operation;
    const std::span<std::uint64_t> samples = arena_.samples(operation, number_);
    // The first touch of memory takes time; which worker pays for it is of no interest.
    std::ranges::fill(samples, 0);
    const std::vector<std::uint64_t> numbers = choose(samples.size());
    absent_ = 0;
    arena_.meet();
    BenchArena::Record record{.begin_ns = now_ns()};
    constexpr std::size_t step = 64;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      samples[i] = call(numbers[i]);
      if ((i + 1) % step == 0) arena_.note_progress(operation, step);
    }
    record.end_ns = now_ns();
    record.absent = absent_;
    arena_.record(operation, number_) = record;
    arena_.note_progress(operation, samples.size() % step);
  }

 private:
  /// The numbers of the keys: of this worker's own ones each once, or any.
  std::vector<std::uint64_t> choose(std::size_t calls) {
    std::vector<std::uint64_t> numbers(calls);
    if (operation_ == BenchOperation::put || operation_ == BenchOperation::erase) {
      for (std::size_t i = 0; i < calls; ++i) numbers[i] = i * plan_.workers() + number_;
      std::ranges::shuffle(numbers, random_);
    } else {
      for (std::uint64_t& number : numbers) number = random_.below(plan_.keys);
    }
    return numbers;
  }

  /// Returns how long it took.
  std::uint64_t call(std::uint64_t number) {
    const bool is_miss = operation_ == BenchOperation::miss;
    const std::string text = key_text(is_miss ? "key-%011llu-" : "key-%012llu", number);
    switch (operation_) {
      case BenchOperation::put:
      case BenchOperation::overwrite:
        return put(text, number);
      case BenchOperation::get:
      case BenchOperation::miss:
        return get(text, number);
      case BenchOperation::erase:
        break;
    }
    const std::uint64_t begin = now_ns();
    const bool was_there = cache_.erase(text);
    const std::uint64_t end = now_ns();
    if (!was_there) ++absent_;
    return end - begin;
  }

  std::uint64_t put(const std::string& text, std::uint64_t number) {
    const Bytes& value = values_.of(number);
    const std::uint64_t begin = now_ns();
    cache_.put(text, value);
    return now_ns() - begin;
  }

  std::uint64_t get(const std::string& text, std::uint64_t number) {
    const std::uint64_t begin = now_ns();
    const std::optional<Bytes> value = cache_.get<Bytes>(text);
    const std::uint64_t end = now_ns();
    if (!value) {
      ++absent_;
    } else if (operation_ == BenchOperation::miss || *value != values_.of(number)) {
      throw Error(ErrorKind::corrupt, joined({"a wrong value of ", text, ": please report this"}));
    }
    return end - begin;
  }

  const BenchPlan& plan_;
  std::uint64_t number_;
  Cache& cache_;
  BenchArena& arena_;
  BenchValues values_;
  Random random_;
  BenchOperation operation_ = BenchOperation::put;
  std::uint64_t absent_ = 0;
};

Cache open_subject(const BenchPlan& plan, const BenchSubject& subject,
                   const std::filesystem::path& folder) {
  CacheSettings settings{.eviction = subject.policy};
  settings.max_entries = plan.max_entries;
  if (subject.engine == BenchEngine::memory) return Cache(open_memory_engine(), settings);
  return Cache::open(
      {.path = folder, .settings = settings, .durability = subject.durability.value()});
}

void run_thread(const BenchPlan& plan, std::uint64_t worker, Cache& cache, BenchArena& arena) {
  Worker work(plan, worker, cache, arena);
  for (const BenchOperation operation : all_bench_operations) {
    work.run(operation);
    arena.meet();
    // What was put off is done before the next operation begins.
    if (worker % plan.threads == 0) cache.engine().sync();
  }
}

}  // namespace

void run_bench_process(const BenchPlan& plan, const BenchSubject& subject, std::uint64_t process,
                       const std::filesystem::path& folder, BenchArena& arena) {
  Cache cache = open_subject(plan, subject, folder);
  std::vector<std::thread> threads;
  threads.reserve(plan.threads);
  for (std::uint64_t i = 0; i < plan.threads; ++i) {
    threads.emplace_back([&, i] {
      try {
        run_thread(plan, process * plan.threads + i, cache, arena);
      } catch (const std::exception& failure) {
        // The others wait for this one, for ever: only the end of the process tells.
        arena.note_failure(failure.what());
        std::_Exit(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace larder::cli
