// SPDX-License-Identifier: Apache-2.0
#include "crash/kill_rig.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <sstream>
#include <thread>

#include "crash/kill_workload.h"
#include "support/child.h"
#include "support/faulty_io.h"
#include "support/shared_block.h"
#include "support/temp_dir.h"

namespace larder::test {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr int point_steps = 40;

class KillRig {
 public:
  explicit KillRig(const KillPlan& plan) : plan_(plan), dir_(memory_folder()), random_(plan.seed) {
    settings_ = plan.settings;
    settings_.directory = dir_ / "subject";
  }

  KillReport run();

 private:
  void prepare_subject();
  [[nodiscard]] std::unique_ptr<Subject> open(const EngineSettings& settings);
  Child start_writer(std::size_t lane, std::size_t threads);
  void wait_for_steps(std::size_t lanes, std::uint64_t before);
  void kill_at_random_moment(std::uint64_t round);
  void kill_one_and_watch_the_others(std::vector<Child>& writers);
  void kill_at_points(const char* event, std::uint64_t most);
  ChildEnd run_to_point(const char* event, std::uint64_t nth);
  void check();
  [[nodiscard]] bool has_failed() const { return ledger_->violations > 0; }
  void nap(std::uint64_t most_us) {
    // The moment of a kill is what is being varied.
    std::this_thread::sleep_for(microseconds(random_.below(most_us)));  // sleeps: see above
  }

  const KillPlan& plan_;
  TempDir dir_;
  Random random_;
  EngineSettings settings_;
  SharedBlock<Ledger> ledger_;
  KillReport report_;
};

KillReport KillRig::run() {
  prepare_subject();
  for (std::uint64_t round = 0; round < plan_.random_kills && !has_failed(); ++round) {
    kill_at_random_moment(round);
    check();
  }
  // Half of the kills inside file operations, half at the points between them.
  kill_at_points("any", plan_.point_kills / 2);
  kill_at_points("point", plan_.point_kills - plan_.point_kills / 2);
  report_.acknowledged = ledger_->acknowledged();
  report_.violations = ledger_->violations;
  report_.slowest_open_us = ledger_->slowest_open_us;
  report_.first_violation = ledger_->first_violation.data();
  return report_;
}

void KillRig::prepare_subject() {
  const ChildEnd end = run_in_child([&] {
    prepare(*open(settings_));
    return 0;
  });
  if (!end.is_good()) ledger_->violate("could not be prepared");
}

std::unique_ptr<Subject> KillRig::open(const EngineSettings& settings) {
  const auto begin = std::chrono::steady_clock::now();
  std::unique_ptr<Subject> subject;
  try {
    subject = plan_.open(settings);
  } catch (const std::exception& error) {
    ledger_->violate(std::string("could not be opened: ") + error.what());
    throw;
  }
  const auto took =
      std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - begin);
  const auto us = static_cast<std::uint64_t>(took.count());
  std::uint64_t slowest = ledger_->slowest_open_us;
  while (slowest < us && !ledger_->slowest_open_us.compare_exchange_weak(slowest, us)) {
  }
  return subject;
}

Child KillRig::start_writer(std::size_t lane, std::size_t threads) {
  const std::uint64_t seed = random_();
  return Child([&, seed]() -> int {
    const auto subject = open(settings_);
    const auto write = [&](std::size_t my_lane) {
      Random random(seed + my_lane);
      try {
        for (;;) step(*subject, *ledger_, my_lane, random);
      } catch (const std::exception& error) {
        ledger_->violate(std::string("a write failed: ") + error.what());
      }
    };
    std::vector<std::thread> others;
    for (std::size_t t = 1; t < threads; ++t) others.emplace_back(write, lane + t);
    write(lane);
    return 0;
  });
}

void KillRig::wait_for_steps(std::size_t lanes, std::uint64_t before) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (ledger_->acknowledged() < before + lanes && !has_failed()) {
    if (std::chrono::steady_clock::now() > give_up) {
      ledger_->violate("writers do not get on within 20 s");
      return;
    }
    std::this_thread::sleep_for(microseconds{50});  // sleeps: between two looks at the ledger
  }
}

void KillRig::kill_at_random_moment(std::uint64_t round) {
  const std::size_t processes = round % 2 == 0 ? 1 : 4;
  const std::size_t threads = 1 + round / 2 % 2;
  const std::uint64_t before = ledger_->acknowledged();
  std::vector<Child> writers;
  for (std::size_t p = 0; p < processes; ++p) {
    writers.push_back(start_writer(p * threads, threads));
  }
  // One in five is killed early, while it opens.
  if (random_.below(5) != 0) wait_for_steps(processes * threads, before);
  nap(5000);
  if (processes > 1 && random_.below(2) == 0) kill_one_and_watch_the_others(writers);
  for (const Child& writer : writers) writer.kill(SIGKILL);
  for (Child& writer : writers) {
    const ChildEnd end = writer.wait();
    if (end.signal != SIGKILL) {
      std::ostringstream text;
      text << "a writer ended by itself: " << end;
      ledger_->violate(text.str());
    }
    ++report_.random_kills;
  }
}

void KillRig::kill_one_and_watch_the_others(std::vector<Child>& writers) {
  writers.front().kill(SIGKILL);
  const std::uint64_t before = ledger_->acknowledged();
  wait_for_steps(20, before);
}

ChildEnd KillRig::run_to_point(const char* event, std::uint64_t nth) {
  const std::uint64_t seed = random_();
  return run_in_child(
      [&] {
        FaultyIo io;
        if (nth != 0) io.run_at(event, nth, [] { ::kill(::getpid(), SIGKILL); });
        EngineSettings settings = settings_;
        settings.hooks.io = &io;
        {
          const auto subject = open(settings);
          Random random(seed);
          for (int i = 0; i < point_steps; ++i) step(*subject, *ledger_, 0, random);
          subject->sync();
        }
        ledger_->io_events = io.count("any");
        ledger_->io_points = io.count("point");
        return 0;
      },
      std::chrono::seconds{60});
}

void KillRig::kill_at_points(const char* event, std::uint64_t most) {
  if (most == 0 || has_failed()) return;
  (void)run_to_point(event, 0);
  check();
  const std::uint64_t events =
      std::string_view(event) == "point" ? ledger_->io_points : ledger_->io_events;
  const std::uint64_t rounds = std::min(events, most);
  for (std::uint64_t round = 0; round < rounds && !has_failed(); ++round) {
    // Every one of them if there is time for all, else spread evenly.
    const std::uint64_t nth = 1 + round * events / rounds;
    const ChildEnd end = run_to_point(event, nth);
    if (end.signal == SIGKILL && !end.is_timed_out) ++report_.point_kills;
    if (end.is_timed_out || (end.signal != SIGKILL && !end.is_good())) {
      std::ostringstream text;
      text << "writer to be killed at " << event << ' ' << nth << ": " << end;
      ledger_->violate(text.str());
    }
    check();
  }
}

void KillRig::check() {
  if (random_.below(4) == 0) {
    // Recovery may be killed too.
    Child recovering([&] {
      (void)open(settings_)->all();
      return 0;
    });
    nap(3000);
    recovering.kill(SIGKILL);
    if (recovering.wait().signal == SIGKILL) ++report_.random_kills;
  }
  const ChildEnd end = run_in_child([&] {
    verify(*open(settings_), *ledger_);
    return 0;
  });
  if (!end.is_good()) {
    std::ostringstream text;
    text << "check after a kill: " << end;
    ledger_->violate(text.str());
  }
}

}  // namespace

std::string KillReport::line(const std::string& name) const {
  std::ostringstream text;
  text << "kill rig: " << name << ": " << random_kills + point_kills << " kills (" << random_kills
       << " at random moments, " << point_kills << " at numbered points), " << acknowledged
       << " acknowledged writes, " << violations << " lost, slowest open " << slowest_open_us / 1000
       << " ms";
  return text.str();
}

KillReport run_kills(const KillPlan& plan) { return KillRig(plan).run(); }

}  // namespace larder::test
