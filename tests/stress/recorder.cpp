// SPDX-License-Identifier: Apache-2.0
#include "stress/recorder.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include "support/child.h"
#include "support/shared_block.h"
#include "support/temp_dir.h"

namespace larder::test {

namespace {

constexpr int register_count = 2;
constexpr int counter_count = 1;
constexpr int key_count = register_count + counter_count;
constexpr std::size_t most_events = 4096;

/// Where all processes write down what they see.
struct Record {
  // A process may be killed while it writes an event: nothing counts as returned before it does.
  Record() {
    for (Event& event : events) event.outcome = Outcome::unknown;
  }

  std::array<Event, most_events> events;
  std::atomic<std::size_t> used{0};
  std::atomic<std::size_t> ready{0};
  std::uint64_t killed_at = 0;  // by who made the processes
};

std::uint64_t nanoseconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::nanoseconds(now).count());
}

std::string name_of(int key) { return "register" + std::to_string(key); }

std::int64_t current(ReadTxn& txn, const std::string& name) {
  const auto text = get(txn, name);
  return text ? std::stoll(*text) : Event::absent;
}

void set(WriteTxn& txn, const std::string& name, std::int64_t value) {
  txn.put(as_bytes(name), as_bytes(std::to_string(value)));
}

/// Does what `event` asks for and returns the result.
std::int64_t perform(Engine& engine, const Event& event) {
  const std::string name = name_of(event.key);
  switch (event.action) {
    case Action::read:
      return engine.view([&](ReadTxn& txn) { return current(txn, name); });
    case Action::write:
      engine.update([&](WriteTxn& txn) { set(txn, name, event.argument); });
      return 0;
    case Action::compare_and_set:
      return engine.update([&](WriteTxn& txn) -> std::int64_t {
        if (current(txn, name) != event.expected) return 0;
        set(txn, name, event.argument);
        return 1;
      });
    case Action::add:
      return engine.update([&](WriteTxn& txn) {
        const std::int64_t sum = std::max<std::int64_t>(current(txn, name), 0) + event.argument;
        set(txn, name, sum);
        return sum;
      });
    case Action::erase:
      return engine.update(
          [&](WriteTxn& txn) -> std::int64_t { return txn.erase(as_bytes(name)) ? 1 : 0; });
    default:
      throw std::logic_error("no operation on a register");
  }
}

Event any_event(Random& random) {
  Event event{.key = static_cast<int>(random.below(key_count))};
  const std::uint64_t dice = random.below(100);
  if (event.key >= register_count) {
    event.action = dice < 30 ? Action::read : Action::add;
    event.argument = 1 + static_cast<std::int64_t>(random.below(3));
    return event;
  }
  event.action = dice < 40   ? Action::read
                 : dice < 65 ? Action::write
                 : dice < 92 ? Action::compare_and_set
                             : Action::erase;
  // Few values, so that comparisons often hold.
  event.argument = static_cast<std::int64_t>(random.below(4));
  event.expected = static_cast<std::int64_t>(random.below(5)) - 1;
  return event;
}

class RegisterWorker final : public HistoryWorker {
 public:
  explicit RegisterWorker(EnginePtr engine) : engine_(std::move(engine)) {}

  Event next(Random& random) override { return any_event(random); }
  std::int64_t perform(const Event& event) override { return test::perform(*engine_, event); }

 private:
  EnginePtr engine_;
};

void work(const EnginePtr& engine, Record& record, const HistoryPlan& plan, int process) {
  Random random(plan.seed * 1000 + static_cast<std::uint64_t>(process));
  const auto worker = plan.subject.worker(engine, process);
  const std::size_t workers = plan.processes * plan.threads;
  ++record.ready;
  while (record.ready < workers) std::this_thread::yield();
  for (std::size_t i = 0; i < plan.operations / workers || !worker->is_idle(); ++i) {
    Event event = worker->next(random);
    event.process = process;
    // It counts as unknown until it returns: a killed process leaves it so.
    event.outcome = Outcome::unknown;
    Event& place = record.events[record.used.fetch_add(1)];
    event.invoked = nanoseconds();
    place = event;
    event.result = worker->perform(event);
    place.returned = nanoseconds();
    place.result = event.result;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    place.outcome = Outcome::returned;
  }
}

void work_in_threads(const EnginePtr& engine, Record& record, const HistoryPlan& plan, int first) {
  std::vector<std::thread> threads;
  threads.reserve(plan.threads);
  for (std::size_t t = 0; t < plan.threads; ++t) {
    threads.emplace_back(
        [&, process = first + static_cast<int>(t)] { work(engine, record, plan, process); });
  }
  for (std::thread& thread : threads) thread.join();
}

void work_in_processes(Record& record, const HistoryPlan& plan, const EngineSettings& settings) {
  std::vector<Child> children;
  children.reserve(plan.processes);
  for (std::size_t p = 0; p < plan.processes; ++p) {
    children.emplace_back([&] {
      work_in_threads(plan.engine.open(settings), record, plan, static_cast<int>(p * plan.threads));
      return 0;
    });
  }
  if (plan.is_killing) {
    // Somewhere in the middle of the history; not before the first operation, since nobody starts
    // until all are ready.
    const std::size_t moment = 1 + plan.seed % (plan.operations - 1);
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (record.used < moment && std::chrono::steady_clock::now() < give_up) {
      std::this_thread::yield();
    }
    record.killed_at = nanoseconds();
    children.front().kill(SIGKILL);
  }
  for (Child& child : children) {
    const ChildEnd end = child.wait();
    const bool is_killed = plan.is_killing && end.signal == SIGKILL && !end.is_timed_out;
    if (!end.is_good() && !is_killed) {
      std::ostringstream text;
      text << "a process of a history ended badly: " << end;
      throw std::runtime_error(text.str());
    }
  }
}

}  // namespace

HistorySubject registers() {
  return {.worker = [](const EnginePtr& engine,
                       int) { return std::make_unique<RegisterWorker>(engine); },
          .is_right = is_linearizable};
}

History record(const HistoryPlan& plan) {
  const TempDir dir(memory_folder());
  EngineSettings settings = plan.engine.defaults;
  settings.directory = dir / "engine";
  const SharedBlock<Record> record;
  if (plan.processes == 1) {
    work_in_threads(plan.engine.open(settings), *record, plan, 0);
  } else {
    work_in_processes(*record, plan, settings);
  }
  History history(record->events.begin(),
                  record->events.begin() + static_cast<std::ptrdiff_t>(record->used.load()));
  if (record->killed_at == 0) return history;
  for (std::size_t i = 0; i < plan.threads * plan.subject.releases_when_killed; ++i) {
    history.push_back({.process = static_cast<int>(i % plan.threads),
                       .action = Action::release,
                       .outcome = Outcome::unknown,
                       .invoked = record->killed_at});
  }
  return history;
}

HistoryReport check_histories(HistoryPlan plan, std::uint64_t count) {
  HistoryReport report;
  for (std::uint64_t i = 0; i < count; ++i, ++plan.seed) {
    const History history = record(plan);
    ++report.histories;
    report.operations += history.size();
    for (const Event& event : history) report.unknown += event.outcome == Outcome::unknown;
    if (plan.subject.is_right(history)) continue;
    if (report.wrong++ != 0) continue;
    std::ostringstream text;
    for (const Event& event : history) text << event << '\n';
    report.first_wrong = text.str();
  }
  return report;
}

void expect_right_histories(const std::string& name, const HistoryPlan& plan, std::uint64_t count) {
  const HistoryReport report = check_histories(plan, count);
  std::printf(
      "histories: %s: %llu histories, %llu operations (%llu with unknown outcome), %llu wrong\n",
      name.c_str(), static_cast<unsigned long long>(report.histories),
      static_cast<unsigned long long>(report.operations),
      static_cast<unsigned long long>(report.unknown),
      static_cast<unsigned long long>(report.wrong));
  EXPECT_EQ(report.wrong, 0U) << report.first_wrong;
}

}  // namespace larder::test
