// SPDX-License-Identifier: Apache-2.0
#include "crash/power_rig.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <sstream>
#include <thread>
#include <vector>

#include "crash/durable_shadow.h"
#include "crash/power_image.h"
#include "crash/power_workload.h"
#include "support/child.h"
#include "support/shared_block.h"
#include "support/temp_dir.h"

namespace larder::test {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t rounds_in_chain = 6;
constexpr std::uint64_t images_in_round = 3;
constexpr std::uint64_t promised_us = 1'000'000;  // `consistent` loses at most the last second

class PowerRig {
 public:
  explicit PowerRig(const PowerPlan& plan)
      : plan_(plan), dir_(memory_folder()), random_(plan.seed) {}

  PowerReport run();

 private:
  void begin_chain();
  void run_round(bool is_long);
  void work(bool is_long, std::uint64_t most_steps, std::uint64_t die_at_ack);
  void check_image(const fs::path& image);
  void check_in_child(const fs::path& image);
  [[nodiscard]] std::uint64_t floor() const;
  void check_floor(std::uint64_t number) const;
  [[nodiscard]] EngineSettings settings(const fs::path& directory, std::uint64_t boot) const;
  [[nodiscard]] fs::path subject() const { return dir_ / "subject"; }
  [[nodiscard]] fs::path shadow() const { return dir_ / "shadow"; }
  [[nodiscard]] bool has_failed() const { return ledger_->violations > 0; }

  const PowerPlan& plan_;
  TempDir dir_;
  Random random_;
  SharedBlock<PowerLedger> ledger_;
  PowerReport report_;
  std::uint64_t boot_ = 0;
  std::uint64_t cut_at_ = 0;
};

PowerReport PowerRig::run() {
  std::uint64_t long_rounds = plan_.long_rounds;
  for (std::uint64_t round = 0; report_.cuts < plan_.cuts && !has_failed(); ++round) {
    if (round % rounds_in_chain == 0) begin_chain();
    const bool is_long = long_rounds > 0 && round % 3 == 1;
    if (is_long) --long_rounds;
    run_round(is_long);
  }
  report_.acknowledged = ledger_->total_acked;
  report_.violations = ledger_->violations;
  report_.first_violation = ledger_->first_violation.data();
  return report_;
}

void PowerRig::begin_chain() {
  fs::remove_all(subject());
  ledger_->begun = 0;
  ledger_->acked = 0;
  ledger_->synced = 0;
  if (!plan_.is_prepared) return;
  const ChildEnd end = run_in_child([&] {
    (void)plan_.open(settings(subject(), boot_));
    return 0;
  });
  if (!end.is_good()) ledger_->violate("could not be prepared");
}

EngineSettings PowerRig::settings(const fs::path& directory, std::uint64_t boot) const {
  EngineSettings settings = plan_.settings;
  settings.directory = directory;
  settings.hooks.boot_id = "boot-" + std::to_string(boot);
  return settings;
}

void PowerRig::run_round(bool is_long) {
  ShadowPlan shadow_plan{.folder = subject(),
                         .shadow = shadow(),
                         .is_ignoring_syncs = plan_.is_ignoring_syncs,
                         .syncs = &ledger_->syncs};
  everything_is_durable(shadow_plan);
  ledger_->syncs = 0;
  // The power goes off at a sync, right behind an acknowledgement, at some moment, or at the end.
  const std::uint64_t manner = is_long ? 2 : random_.below(4);
  if (manner == 0)
    shadow_plan.kill_at_sync = 1 + random_.below(plan_.promise == Durability::durable ? 80 : 20);
  const std::uint64_t die_at_ack = manner == 1 ? 1 + random_.below(400) : 0;
  const std::uint64_t most_steps = is_long || manner == 2 ? UINT64_MAX : random_.below(600);
  Child worker([&] {
    watch_syncs(shadow_plan);
    work(is_long, most_steps, die_at_ack);
    return 0;
  });
  if (manner == 2) {
    const std::chrono::microseconds moment(is_long ? 1'200'000 + random_.below(400'000)
                                                   : random_.below(60'000));
    std::this_thread::sleep_for(moment);  // sleeps: the moment of the cut is what is varied
    cut_at_ = steady_us();
    worker.kill(SIGKILL);
  }
  const ChildEnd end = worker.wait();
  if (manner != 2) cut_at_ = 0;
  if (end.signal != SIGKILL && !end.is_good()) {
    std::ostringstream text;
    text << "a writer ended badly: " << end;
    ledger_->violate(text.str());
  }
  report_.syncs += ledger_->syncs;
  ++boot_;
  for (std::uint64_t i = 0; i < images_in_round && !has_failed(); ++i) {
    const fs::path image = dir_ / ("image" + std::to_string(i));
    check_image(image);
    fs::remove_all(image);
  }
  // The next round goes on from an image that nobody has recovered yet.
  const fs::path next = dir_ / "next";
  make_power_image(subject(), shadow(), next, random_);
  fs::remove_all(subject());
  fs::rename(next, subject());
}

/// Runs in the child. `die_at_ack`: how many acknowledgements until the power goes off; 0: never.
void PowerRig::work(bool is_long, std::uint64_t most_steps, std::uint64_t die_at_ack) {
  const auto subject_ptr = plan_.open(settings(subject(), boot_));
  const std::uint64_t number = check_power_state(*subject_ptr, *ledger_);
  check_floor(number);
  ledger_->begun = number;
  ledger_->acked = number;
  ledger_->synced = std::min<std::uint64_t>(ledger_->synced, number);
  // Times of an earlier run must not count for transactions that are made anew.
  for (auto& at : ledger_->acked_at) at = 0;
  const std::uint64_t known = std::min<std::uint64_t>(number, PowerLedger::remembered - 1);
  for (std::uint64_t n = number - known; n <= number; ++n) {
    ledger_->acked_at[n % PowerLedger::remembered] = steady_us();
  }
  std::atomic<std::uint64_t> steps = 0;
  const std::uint64_t begin = steady_us();
  // Half of the long rounds pause: what was written before must reach the device by itself.
  const bool is_pausing = is_long && boot_ % 2 == 0;
  const auto loop = [&] {
    for (;;) {
      const std::uint64_t step = ++steps;
      if (step > most_steps) return;
      if (is_pausing && steady_us() - begin > 100'000) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));  // sleeps: until it is killed
        continue;
      }
      power_step(*subject_ptr, *ledger_);
      if (step == die_at_ack) ::kill(::getpid(), SIGKILL);
      if (step % 97 == 0) power_sync(*subject_ptr, *ledger_);
      // Long rounds are about time, not about many writes.
      const std::chrono::microseconds pause(is_long ? 200 : 0);
      std::this_thread::sleep_for(pause);  // sleeps: see above
    }
  };
  std::vector<std::thread> others;
  for (std::uint64_t t = 0; t < boot_ % 3; ++t) others.emplace_back(loop);
  loop();
  for (std::thread& other : others) other.join();
}

std::uint64_t PowerRig::floor() const {
  switch (plan_.promise) {
    case Durability::durable:
      return ledger_->acked;
    case Durability::disposable:
      return 0;
    case Durability::consistent:
      break;
  }
  std::uint64_t promised = ledger_->synced;
  if (cut_at_ == 0) return promised;
  while (promised < ledger_->acked) {
    const std::uint64_t at = ledger_->acked_at[(promised + 1) % PowerLedger::remembered];
    if (at == 0 || at + promised_us > cut_at_) break;
    ++promised;
  }
  return promised;
}

void PowerRig::check_floor(std::uint64_t number) const {
  if (number >= floor()) return;
  std::ostringstream text;
  text << "transaction " << number << " is the last, but " << floor() << " was promised; "
       << ledger_->acked << " was acknowledged, " << ledger_->synced << " synced";
  if (cut_at_ != 0) {
    const std::uint64_t at = ledger_->acked_at[(number + 1) % PowerLedger::remembered];
    text << ", the first lost one was " << (cut_at_ - at) / 1000 << " ms old";
  }
  ledger_->violate(text.str());
}

void PowerRig::check_image(const fs::path& image) {
  make_power_image(subject(), shadow(), image, random_);
  const ChildEnd end = run_in_child([&] {
    check_in_child(image);
    return 0;
  });
  ++report_.cuts;
  if (end.is_good()) return;
  if (end.exit_code == 1) {
    ++report_.lossy_cuts;
    return;
  }
  std::ostringstream text;
  text << "check after a power cut: " << end;
  ledger_->violate(text.str());
}

void PowerRig::check_in_child(const fs::path& image) {
  const std::uint64_t acked = ledger_->acked;
  std::uint64_t number = 0;
  {
    const auto recovered = plan_.open(settings(image, boot_));
    number = check_power_state(*recovered, *ledger_);
    check_floor(number);
    recovered->put("after", "the cut");
  }
  const auto again = plan_.open(settings(image, boot_));
  if (again->get("after") != "the cut") ledger_->violate("no longer keeps what is put");
  again->erase("after");
  if (check_power_state(*again, *ledger_) != number) ledger_->violate("changed when opened again");
  if (number < acked) ::_exit(1);
}

}  // namespace

std::string PowerReport::line(const std::string& name) const {
  std::ostringstream text;
  text << "power rig: " << name << ": " << cuts << " cuts, " << acknowledged
       << " acknowledged writes, " << syncs << " syncs, " << lossy_cuts
       << " cuts lost the last writes, " << violations << " broken promises";
  return text.str();
}

PowerReport run_power_cuts(const PowerPlan& plan) { return PowerRig(plan).run(); }

}  // namespace larder::test
