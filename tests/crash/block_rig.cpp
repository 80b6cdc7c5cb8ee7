// SPDX-License-Identifier: Apache-2.0
#include "crash/block_rig.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <optional>
#include <sstream>
#include <thread>
#include <vector>

#include "crash/block_disk.h"
#include "crash/block_log.h"
#include "crash/power_workload.h"
#include "support/child.h"
#include "support/shared_block.h"
#include "support/temp_dir.h"

namespace larder::test {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t disk_bytes = std::uint64_t{128} << 20U;
constexpr std::uint64_t promised_us = 1'000'000;  // `consistent` loses at most the last second
constexpr std::uint64_t sessions_in_run = 3;
constexpr std::chrono::minutes longest_run{20};

/// An acknowledgement: all that was said before the disk had this many entries, and when.
struct Note {
  std::atomic<std::uint64_t> number;  ///< Of the transaction; of a synced one, if by a sync.
  std::atomic<std::uint64_t> entries;
  std::atomic<std::uint64_t> at;
  std::atomic<bool> is_sync;
};

struct Notes {
  static constexpr std::size_t most = 200'000;

  std::atomic<std::uint64_t> count{0};
  std::atomic<std::uint64_t> killed_at{UINT64_MAX};  ///< The moment from which nobody syncs.
  std::array<Note, most> notes;

  void add(std::uint64_t number, const LoggedDisk& disk, bool is_sync) {
    Note& note = notes[count];
    note.number = number;
    note.entries = disk.entries();
    note.at = steady_us();
    note.is_sync = is_sync;
    ++count;
  }
};

/// When the disk had how many entries, and when the machine was too busy to look.
class Sampler {
 public:
  explicit Sampler(const LoggedDisk& disk)
      : thread_([this, &disk] {
          while (!is_over_) {
            take(disk.entries(), steady_us());
            const std::chrono::microseconds pause(500);
            std::this_thread::sleep_for(pause);  // sleeps: decides only how exact the times are
          }
        }) {}
  ~Sampler() { stop(); }
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

  void stop() {
    is_over_ = true;
    if (thread_.joinable()) thread_.join();
  }
  /// The last moment that is known at which the disk had no more than `entries`.
  [[nodiscard]] std::uint64_t last_with(std::uint64_t entries) const {
    const auto after =
        std::upper_bound(samples_.begin(), samples_.end(), entries,
                         [](std::uint64_t n, const Sample& sample) { return n < sample.entries; });
    return after == samples_.begin() ? 0 : std::prev(after)->at;
  }
  /// How long between two moments others had the machine, so that nobody could have kept a promise.
  [[nodiscard]] std::uint64_t starved_us(std::uint64_t from, std::uint64_t to) const {
    return starved_until(to) - starved_until(from);
  }

 private:
  struct Sample {
    std::uint64_t entries;
    std::uint64_t at;
    std::uint64_t starved;  ///< Since the beginning.
  };

  void take(std::uint64_t entries, std::uint64_t at) {
    constexpr std::uint64_t patience_us = 5000;
    std::uint64_t starved = 0;
    if (!samples_.empty()) {
      const std::uint64_t gap = at - samples_.back().at;
      starved = samples_.back().starved + (gap > patience_us ? gap : 0);
    }
    samples_.push_back({entries, at, starved});
  }
  [[nodiscard]] std::uint64_t starved_until(std::uint64_t moment) const {
    const auto after = std::upper_bound(
        samples_.begin(), samples_.end(), moment,
        [](std::uint64_t wanted, const Sample& sample) { return wanted < sample.at; });
    return after == samples_.begin() ? 0 : std::prev(after)->starved;
  }

  std::atomic<bool> is_over_ = false;
  std::vector<Sample> samples_;
  std::thread thread_;
};

/// What was promised, and what had been acknowledged, when the power went off.
struct Floor {
  std::uint64_t promised = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t cut_at = 0;
};

/// One run and its cuts; lives in a child with its own mounts.
class BlockRun {
 public:
  BlockRun(const BlockPlan& plan, std::uint64_t number, PowerLedger& ledger, Notes& notes)
      : plan_(plan),
        number_(number),
        dir_(memory_folder()),
        random_(plan.seed + number),
        ledger_(ledger),
        notes_(notes) {}

  void run(BlockReport& report);

 private:
  void record();
  void session(const LoggedDisk& disk, bool is_last);
  void work(const LoggedDisk& disk, bool is_killed);
  void cut(BlockLog& log, std::uint64_t count, BlockReport& report);
  [[nodiscard]] bool is_promised(const Note& note, std::uint64_t cut_at) const;
  [[nodiscard]] Floor floor(std::uint64_t count) const;
  void check(const Floor& floor, BlockReport& report);
  [[nodiscard]] EngineSettings settings(const char* boot) const;
  [[nodiscard]] std::uint64_t age_of_lost(std::uint64_t number, const Floor& floor) const;

  const BlockPlan& plan_;
  std::uint64_t number_;
  TempDir dir_;
  Random random_;
  PowerLedger& ledger_;
  Notes& notes_;
  std::optional<Sampler> sampler_;
  std::uint64_t first_cut_ = 0;
};

void BlockRun::run(BlockReport& report) {
  record();
  BlockLog log(dir_ / "log", dir_ / "first");
  std::vector<std::uint64_t> places;
  const std::uint64_t cuts = std::min(plan_.cuts_in_run, plan_.cuts - report.cuts);
  for (std::uint64_t i = 0; i < cuts; ++i) {
    places.push_back(first_cut_ + random_.below(log.entries() - first_cut_ + 1));
  }
  std::sort(places.begin(), places.end());
  for (const std::uint64_t place : places) {
    if (ledger_.violations == 0) cut(log, place, report);
  }
  ++report.runs;
  report.acknowledged += ledger_.total_acked;
  report.writes += log.entries() - log.flushes();
  report.flushes += log.flushes();
}

EngineSettings BlockRun::settings(const char* boot) const {
  EngineSettings settings = plan_.settings;
  settings.directory = dir_ / "mounted" / "subject";
  settings.hooks.boot_id = boot;
  return settings;
}

void BlockRun::record() {
  make_ext4(dir_ / "disk", disk_bytes);
  fs::copy_file(dir_ / "disk", dir_ / "first");
  const LoggedDisk disk(dir_ / "disk", dir_ / "served", dir_ / "log");
  sampler_.emplace(disk);
  {
    const LoopDevice device(dir_ / "served");
    const Mounted mounted(device, dir_ / "mounted");
    if (plan_.is_prepared) {
      const ChildEnd end = run_in_child([&] {
        static_cast<void>(plan_.open(settings("before")));
        return 0;
      });
      if (!end.is_good()) ledger_.violate("could not be prepared");
      ::sync();
      first_cut_ = disk.entries();
    }
    for (std::uint64_t i = 1; i <= sessions_in_run && ledger_.violations == 0; ++i) {
      session(disk, i == sessions_in_run);
    }
  }
  sampler_->stop();
}

void BlockRun::session(const LoggedDisk& disk, bool is_last) {
  // Who is killed may leave its last second to the kernel, see docs/design/0001: only at the end.
  const bool is_killed =
      is_last || (plan_.promise != Durability::consistent && random_.below(2) == 0);
  Child worker([&] {
    work(disk, is_killed);
    return 0;
  });
  const ChildEnd end = worker.wait();
  if (end.is_good() || end.signal == SIGKILL) return;
  std::ostringstream text;
  text << "a writer ended badly: " << end;
  ledger_.violate(text.str());
}

void BlockRun::work(const LoggedDisk& disk, bool is_killed) {
  const auto subject = plan_.open(settings("before"));
  const std::uint64_t number = check_power_state(*subject, ledger_);
  if (number < ledger_.acked) ledger_.violate("lost a write without a power cut");
  ledger_.begun = number;
  // Every fourth run writes in one go and then waits: that must reach the disk by itself.
  const bool is_pausing = plan_.is_always_pausing || number_ % 4 == 3;
  const std::uint64_t begin = steady_us();
  const std::uint64_t time = 300'000 + random_.below(is_pausing ? 1'500'000 : 700'000);
  for (std::uint64_t step = 1; steady_us() - begin < time; ++step) {
    if (is_pausing && step > 50) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));  // sleeps: time has to pass
      continue;
    }
    const std::uint64_t done = power_step(*subject, ledger_);
    notes_.add(done, disk, false);
    if (step % 97 != 0) continue;
    subject->sync();
    notes_.add(done, disk, true);
  }
  if (!is_killed) return;
  notes_.killed_at = steady_us();
  ::kill(::getpid(), SIGKILL);
}

bool BlockRun::is_promised(const Note& note, std::uint64_t cut_at) const {
  if (plan_.promise == Durability::durable) return true;
  if (plan_.promise != Durability::consistent) return false;
  if (note.is_sync) return true;
  // Who is killed leaves its last second to the kernel, however late the power goes off.
  const std::uint64_t end = std::min<std::uint64_t>(cut_at, notes_.killed_at);
  const std::uint64_t due = note.at + promised_us;
  return due < end && due + sampler_->starved_us(note.at, end) < end;
}

Floor BlockRun::floor(std::uint64_t count) const {
  Floor floor{.cut_at = sampler_->last_with(count)};
  for (std::uint64_t i = 0; i < notes_.count; ++i) {
    const Note& note = notes_.notes[i];
    if (note.entries > count) break;
    floor.acknowledged = note.number;
    if (is_promised(note, floor.cut_at)) floor.promised = note.number;
  }
  return floor;
}

std::uint64_t BlockRun::age_of_lost(std::uint64_t number, const Floor& floor) const {
  for (std::uint64_t i = 0; i < notes_.count; ++i) {
    const Note& note = notes_.notes[i];
    if (note.number <= number) continue;
    return floor.cut_at > note.at ? (floor.cut_at - note.at) / 1000 : 0;
  }
  return 0;
}

void BlockRun::cut(BlockLog& log, std::uint64_t count, BlockReport& report) {
  log.cut(count, dir_ / "image", random_);
  ++report.cuts;
  try {
    const LoopDevice device(dir_ / "image");
    const Mounted mounted(device, dir_ / "mounted");
    check(floor(count), report);
  } catch (const std::exception& error) {
    ledger_.violate(error.what());
  }
}

void BlockRun::check(const Floor& floor, BlockReport& report) {
  SharedBlock<std::uint64_t> left;
  const ChildEnd end = run_in_child([&] {
    {
      const auto subject = plan_.open(settings("after"));
      *left = check_power_state(*subject, ledger_);
      subject->put("after", "the cut");
    }
    const auto again = plan_.open(settings("after"));
    if (again->get("after") != "the cut") ledger_.violate("no longer keeps what is put");
    again->erase("after");
    if (check_power_state(*again, ledger_) != *left) ledger_.violate("changed when opened again");
    return 0;
  });
  std::ostringstream text;
  if (!end.is_good()) {
    text << "check after a power cut: " << end;
    ledger_.violate(text.str());
    return;
  }
  if (*left < floor.acknowledged) {
    ++report.lossy_cuts;
    report.oldest_lost_ms = std::max(report.oldest_lost_ms, age_of_lost(*left, floor));
  }
  if (*left >= floor.promised) return;
  text << "transaction " << *left << " is the last, but " << floor.promised << " was promised and "
       << floor.acknowledged << " acknowledged; the first lost one was "
       << age_of_lost(*left, floor) << " ms old";
  ledger_.violate(text.str());
}

/// What crosses from the child that runs to the process that reports.
struct Tally {
  BlockReport report;
  PowerLedger ledger;
  Notes notes;
};

void begin_run(Tally& tally) {
  tally.ledger.begun = 0;
  tally.ledger.acked = 0;
  tally.ledger.total_acked = 0;
  tally.notes.count = 0;
  tally.notes.killed_at = UINT64_MAX;
}

}  // namespace

std::string BlockReport::line(const std::string& name) const {
  std::ostringstream text;
  text << "block rig: " << name << ": " << cuts << " cuts in " << runs << " runs, " << acknowledged
       << " acknowledged writes, " << writes << " writes and " << flushes
       << " flushes of the disk, " << lossy_cuts << " cuts lost the last writes";
  if (lossy_cuts > 0) text << " (at most the last " << oldest_lost_ms << " ms)";
  text << ", " << violations << " broken promises";
  return text.str();
}

BlockReport run_block_cuts(const BlockPlan& plan) {
  const SharedBlock<Tally> tally;
  for (std::uint64_t run = 0; tally->report.cuts < plan.cuts && tally->ledger.violations == 0;
       ++run) {
    begin_run(*tally);
    const ChildEnd end = run_in_child(
        [&] {
          keep_mounts_to_oneself();
          BlockRun(plan, run, tally->ledger, tally->notes).run(tally->report);
          return 0;
        },
        longest_run);
    std::ostringstream text;
    text << "a run ended badly: " << end;
    if (!end.is_good()) tally->ledger.violate(text.str());
  }
  BlockReport report = tally->report;
  report.violations = tally->ledger.violations;
  report.first_violation = tally->ledger.first_violation.data();
  return report;
}

}  // namespace larder::test
