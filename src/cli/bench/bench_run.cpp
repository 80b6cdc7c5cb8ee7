// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/bench_run.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <string>
#include <system_error>

#include "cli/bench/bench_arena.h"
#include "cli/bench/bench_worker.h"
#include "cli/bench/joined.h"
#include "cli/run/signal_relay.h"
#include "larder/core/error.h"

namespace larder::cli {
namespace {

/// A new folder that goes, with all in it, at the end of the scope.
class ScratchFolder {
 public:
  explicit ScratchFolder(const std::filesystem::path& base) {
    std::string name = (base / "larder-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      throw system_error(errno, joined({"cannot make a folder in ", base.native()}));
    }
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

/// The processes of one subject. Those that are left end with this object.
class Team {
 public:
  Team(const BenchPlan& plan, const BenchSubject& subject, const std::filesystem::path& folder,
       const SignalRelay& signals, BenchArena& arena)
      : arena_(arena) {
    const pid_t parent = ::getpid();
    for (std::uint64_t i = 0; i < plan.processes; ++i) {
      const pid_t pid = ::fork();
      if (pid < 0) {
        const int error = errno;
        end();
        throw system_error(error, "cannot start a process");
      }
      if (pid == 0) work(plan, subject, i, folder, signals, parent);
      pids_.push_back(pid);
    }
  }
  ~Team() { end(); }
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  /// Whether any is still at work.
  /// @throws Error if one failed
  [[nodiscard]] bool is_busy() {
    std::erase_if(pids_, [&](pid_t pid) {
      int status = 0;
      if (::waitpid(pid, &status, WNOHANG) != pid) return false;
      has_failed_ = has_failed_ || status != 0;
      if (WIFSIGNALED(status)) signal_ = WTERMSIG(status);
      return true;
    });
    if (has_failed_) {
      const std::string why = arena_.failure();
      throw Error(ErrorKind::denied, why.empty()
                                         ? joined({"a measuring process was ended by signal ",
                                                   std::to_string(signal_)})
                                         : joined({"a measuring process failed: ", why}));
    }
    return !pids_.empty();
  }

 private:
  [[noreturn]] void work(const BenchPlan& plan, const BenchSubject& subject, std::uint64_t process,
                         const std::filesystem::path& folder, const SignalRelay& signals,
                         pid_t parent) const {
    signals.restore();
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != parent) std::_Exit(1);
    try {
      run_bench_process(plan, subject, process, folder, arena_);
    } catch (const std::exception& failure) {
      arena_.note_failure(failure.what());
      std::_Exit(1);
    }
    std::_Exit(0);
  }

  void end() noexcept {
    for (const pid_t pid : pids_) ::kill(pid, SIGKILL);
    for (const pid_t pid : pids_) {
      while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) continue;
    }
    pids_.clear();
  }

  BenchArena& arena_;
  std::vector<pid_t> pids_;
  bool has_failed_ = false;
  int signal_ = 0;
};

/// One line that tells how far it is.
std::string progress_line(std::uint64_t done, std::uint64_t total, const std::string& what) {
  constexpr std::uint64_t width = 24;
  const std::uint64_t filled = total == 0 ? width : std::min(width, done * width / total);
  const std::uint64_t percent = total == 0 ? 100 : std::min<std::uint64_t>(100, done * 100 / total);
  return joined({"[", std::string(filled, '#'), std::string(width - filled, '.'), "] ",
                 std::to_string(percent), " %  ", what});
}

class Runner {
 public:
  Runner(const BenchPlan& plan, const Console& console)
      : plan_(plan), console_(console), folder_(plan.folder) {
    for (const BenchOperation one : all_bench_operations) calls_ += plan.total(one);
  }

  void run(std::size_t index) {
    const BenchSubject& subject = plan_.subjects[index];
    BenchArena arena(plan_);
    const std::filesystem::path place = folder_.path() / std::to_string(index);
    {
      Team team(plan_, subject, place, signals_, arena);
      while (team.is_busy()) {
        console_.progress(
            progress_line(index * calls_ + arena.done(), plan_.subjects.size() * calls_,
                          joined({subject.name(), ": ", to_string(arena.operation())})));
        wait();
      }
    }
    std::filesystem::remove_all(place);
    heed_signals();
    for (const BenchOperation operation : all_bench_operations) {
      results.push_back(result_of(subject, operation, arena));
    }
  }

  std::vector<BenchResult> results;

 private:
  /// Until a process ends, or for a moment.
  void wait() const {
    constexpr int milliseconds = 100;
    pollfd ready{.fd = signals_.fd(), .events = POLLIN, .revents = 0};
    ::poll(&ready, 1, milliseconds);
    heed_signals();
  }

  void heed_signals() const {
    while (const auto note = signals_.next()) {
      if (!is_interruption(note->number)) continue;
      console_.progress("");
      throw EndBySignal{note->number};
    }
  }

  [[nodiscard]] BenchResult result_of(const BenchSubject& subject, BenchOperation operation,
                                      BenchArena& arena) const {
    BenchResult result{.subject = subject, .operation = operation};
    std::vector<std::uint64_t> samples;
    std::uint64_t begin = UINT64_MAX;
    std::uint64_t end = 0;
    for (std::uint64_t i = 0; i < plan_.workers(); ++i) {
      const std::span<std::uint64_t> part = arena.samples(operation, i);
      const BenchArena::Record& record = arena.record(operation, i);
      samples.insert(samples.end(), part.begin(), part.end());
      result.absent += record.absent;
      begin = std::min(begin, record.begin_ns);
      end = std::max(end, record.end_ns);
    }
    result.seconds = static_cast<double>(end - begin) / 1e9;
    result.latencies = LatencyCurve(std::move(samples));
    return result;
  }

  const BenchPlan& plan_;
  const Console& console_;
  SignalRelay signals_;
  ScratchFolder folder_;
  std::uint64_t calls_ = 0;
};

}  // namespace

std::vector<BenchResult> run_bench(const BenchPlan& plan, const Console& console) {
  Runner runner(plan, console);
  for (std::size_t i = 0; i < plan.subjects.size(); ++i) runner.run(i);
  console.progress("");
  return std::move(runner.results);
}

}  // namespace larder::cli
