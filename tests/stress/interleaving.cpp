// SPDX-License-Identifier: Apache-2.0
#include "stress/interleaving.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <functional>
#include <map>
#include <optional>
#include <ostream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "larder/core/mutex.h"
#include "support/channel.h"
#include "support/child.h"
#include "support/engine_under_test.h"
#include "support/shared_block.h"
#include "support/stopping_io.h"
#include "support/temp_dir.h"

namespace larder::test {

namespace {

using namespace std::chrono_literals;
using Contents = std::map<std::string, std::string>;

constexpr std::chrono::seconds deadline{20};
/// How long `second` may take before it counts as waiting for `first`. Decides only how many
/// interleavings are seen, not what is right.
constexpr std::chrono::milliseconds patience{30};
constexpr int base_count = 30;

const char* name_of(Step step) {
  constexpr std::array names = {"open", "recover", "close", "put",  "fill",    "grow",
                                "read", "sync",    "fork",  "back", "careless"};
  return names[static_cast<std::size_t>(step)];
}

Contents base() {
  Contents contents;
  for (int i = 0; i < base_count; ++i) contents["base" + std::to_string(i)] = "value";
  return contents;
}

void put_all(Engine& engine, const Contents& contents) {
  for (const auto& [key, value] : contents) put(engine, key, value);
}

/// What `step` leaves behind under keys that begin with `who`.
Contents left_by(Step step, const std::string& who) {
  switch (step) {
    case Step::open:
    case Step::recover:
    case Step::put:
    case Step::sync:
    case Step::background:
      return {{who, "put"}};
    case Step::fork:
      return {{who + "-child", "put"}, {who + "-parent", "put"}};
    case Step::grow:
      return {{who, std::string(3'000'000, 'g')}};
    case Step::fill: {
      Contents contents;
      for (int i = 0; i < 16; ++i) contents[who + std::to_string(i)] = std::string(90'000, 'f');
      return contents;
    }
    case Step::careless:
      return {{"count", "2"}};
    case Step::close:
    case Step::read:
      return {};
  }
  return {};
}

void expect_base(const Contents& found) {
  for (const auto& [key, value] : base()) {
    const auto entry = found.find(key);
    if (entry == found.end() || entry->second != value) throw std::runtime_error(key + " is wrong");
  }
}

void read_base(Engine& engine) {
  engine.view([](ReadTxn& txn) {
    const Entries found = entries(txn);
    expect_base(Contents(found.begin(), found.end()));
    for (const auto& [key, value] : base()) {
      if (get(txn, key) != value) throw std::runtime_error(key + " is not got");
    }
  });
}

void add_one_carelessly(Engine& engine, Io& io) {
  const auto found = get(engine, "count");
  io.point("careless");
  put(engine, "count", std::to_string(found ? std::stoi(*found) + 1 : 1));
}

/// One who does something with the engine, in a thread or process of its own.
class Actor {
 public:
  Actor(Step step, std::string who, EngineSettings settings, StoppingIo& io)
      : step_(step), who_(std::move(who)), settings_(std::move(settings)), io_(io) {}

  /// Opens the engine unless that is for later, says so, waits to be told, does its step, says so;
  /// closes when told, and says so.
  void run(Channel& line, std::uint64_t stop, bool is_opening_later);

 private:
  void perform();
  void perform_fork();
  /// Waits for a thread that is stopped; then none is stopped any more.
  void end_stops();

  Step step_;
  std::string who_;
  EngineSettings settings_;
  StoppingIo& io_;
  EnginePtr engine_ = nullptr;
  Mutex talking_;  ///< Held by who is stopped.
  bool is_over_ LARDER_GUARDED_BY(talking_) = false;
};

void Actor::run(Channel& line, std::uint64_t stop, bool is_opening_later) {
  StoppingIo::is_foreground();
  try {
    if (!is_opening_later) engine_ = open_lmdb_with(settings_);
    line.send("ready");
    if (!line.receive()) return;
    if (is_opening_later && stop == 0) engine_ = open_lmdb_with(settings_);
    if (stop != 0) {
      const auto who =
          step_ == Step::background ? StoppingIo::Who::background : StoppingIo::Who::this_thread;
      io_.stop_at(who, stop, [&](std::string_view event) {
        const MutexLock lock(talking_);
        if (is_over_) return;
        line.send("stopped " + std::string(event));
        static_cast<void>(line.receive());
      });
    }
    perform();
    if (stop != 0) end_stops();
    line.send("done");
    if (!line.receive()) return;
    engine_.reset();
    line.send("closed");
  } catch (const std::exception& error) {
    line.send(std::string("failed ") + error.what());
  }
}

void Actor::end_stops() {
  io_.go_on();
  const MutexLock lock(talking_);
  is_over_ = true;
}

void Actor::perform() {
  switch (step_) {
    case Step::open:
    case Step::recover:
      engine_ = open_lmdb_with(settings_);
      read_base(*engine_);
      break;
    case Step::close:
      engine_.reset();
      return;
    case Step::fork:
      perform_fork();
      return;
    case Step::careless:
      add_one_carelessly(*engine_, io_);
      return;
    default:
      break;
  }
  put_all(*engine_, left_by(step_, who_));
  if (step_ == Step::sync) engine_->sync();
  if (step_ == Step::background) {
    // Long enough for syncing, sealing and applying, which begin some milliseconds later.
    std::this_thread::sleep_for(8 * settings_.sync_interval);  // sleeps: for what may happen
  }
  read_base(*engine_);
}

void Actor::perform_fork() {
  const ChildEnd end = run_in_child(
      [&] {
        read_base(*engine_);
        put(*engine_, who_ + "-child", "put");
        engine_.reset();
        return 0;
      },
      deadline);
  if (!end.is_good()) throw std::runtime_error("the child of a fork ended badly");
  if (get(*engine_, who_ + "-child") != "put") throw std::runtime_error("lost what the child put");
  put(*engine_, who_ + "-parent", "put");
  read_base(*engine_);
}

struct Result {
  bool is_beyond = false;
  bool has_waited = false;
  std::array<char, 100> stopped_at{};
  std::array<char, 400> wrong{};
};

template <std::size_t size>
void write(std::array<char, size>& to, const std::string& text) {
  std::snprintf(to.data(), size, "%s", text.c_str());
}

/// Runs one interleaving, in a process of its own.
class Director {
 public:
  Director(const Interleaving& plan, const std::filesystem::path& directory, Result& result)
      : plan_(plan), result_(result) {
    settings_ = {.directory = directory,
                 .timeout = deadline,
                 .map_bytes = std::uint64_t{1} << 20U,
                 .sync_interval = 8ms};
    settings_.hooks.io = &io_;
  }

  void run() {
    prepare();
    if (plan_.place == Place::two_processes) {
      const Child first([&] { return act(plan_.first, "first", first_.child, plan_.stop); });
      const Child second([&] { return act(plan_.second, "second", second_.child, 0); });
      first_.child.close();
      second_.child.close();
      direct();
    } else {
      std::thread first([&] { act(plan_.first, "first", first_.child, plan_.stop); });
      std::thread second([&] { act(plan_.second, "second", second_.child, 0); });
      direct();
      first_.parent.close();
      second_.parent.close();
      first.join();
      second.join();
    }
    if (!has_failed()) check();
  }

 private:
  [[nodiscard]] bool has_failed() const { return result_.wrong[0] != 0; }

  int act(Step step, const std::string& who, Channel& line, std::uint64_t stop) {
    if (plan_.place == Place::two_processes) ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // Only who opens first recovers.
    const bool is_opening_later =
        step == Step::open || step == Step::recover || plan_.first == Step::recover;
    Actor(step, who, settings_, io_).run(line, stop, is_opening_later);
    return 0;
  }

  void prepare() {
    const bool is_killed = plan_.first == Step::recover;
    Child child([&] {
      const EnginePtr engine = open_lmdb_with(settings_);
      put_all(*engine, base());
      if (is_killed) ::kill(::getpid(), SIGKILL);
      return 0;
    });
    const ChildEnd end = child.wait();
    if (!end.is_good() && !is_killed) write(result_.wrong, "could not be prepared");
  }

  /// Receives a line that begins with `expected`; anything else is wrong.
  std::optional<std::string> expect(Channel& line, const std::string& expected) {
    const auto found = line.receive();
    if (found && found->starts_with(expected)) return found;
    write(result_.wrong, "instead of '" + expected + "': " + found.value_or("the end"));
    return std::nullopt;
  }

  void direct() {
    Channel& first = first_.parent;
    Channel& second = second_.parent;
    if (!expect(first, "ready") || !expect(second, "ready")) return;
    first.send("begin");
    const auto stopped = first.receive();
    result_.is_beyond = stopped == "done";
    if (!result_.is_beyond && (!stopped || !stopped->starts_with("stopped"))) {
      write(result_.wrong, "first, before it was stopped: " + stopped.value_or("the end"));
      return;
    }
    write(result_.stopped_at, *stopped);
    second.send("begin");
    result_.has_waited = !second.is_ready_within(patience);
    if (!result_.is_beyond) first.send("go");
    if (!expect(second, "done") || (!result_.is_beyond && !expect(first, "done"))) return;
    first.send("close");
    second.send("close");
    if (expect(first, "closed")) expect(second, "closed");
  }

  void check() {
    Contents expected = base();
    expected.merge(left_by(plan_.first, "first"));
    expected.merge(left_by(plan_.second, "second"));
    const EnginePtr engine = open_lmdb_with(settings_);
    const Entries all = entries(*engine);
    if (Contents(all.begin(), all.end()) == expected && all.size() == expected.size()) return;
    write(result_.wrong, "in the end there are " + std::to_string(all.size()) + " entries, not " +
                             std::to_string(expected.size()) + ", or they differ");
  }

  Interleaving plan_;
  Result& result_;
  StoppingIo io_;
  EngineSettings settings_;
  ChannelPair first_;
  ChannelPair second_;
};

}  // namespace

std::ostream& operator<<(std::ostream& out, const Interleaving& interleaving) {
  return out << name_of(interleaving.first) << " stopped before its " << interleaving.stop
             << ". event, " << name_of(interleaving.second) << " in another "
             << (interleaving.place == Place::two_processes ? "process" : "thread");
}

InterleavingEnd run_interleaving(const Interleaving& interleaving) {
  const TempDir dir(memory_folder());
  const SharedBlock<Result> result;
  const ChildEnd end = run_in_child(
      [&] {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        Director(interleaving, dir / "engine", *result).run();
        return 0;
      },
      deadline + deadline);
  InterleavingEnd found{.is_beyond = result->is_beyond,
                        .has_waited = result->has_waited,
                        .stopped_at = result->stopped_at.data(),
                        .wrong = result->wrong.data()};
  std::ostringstream text;
  text << end;
  if (!end.is_good()) found.wrong += " " + text.str();
  return found;
}

}  // namespace larder::test
