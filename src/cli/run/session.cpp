// SPDX-License-Identifier: Apache-2.0
#include "cli/run/session.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

#include "cli/exit_code.h"
#include "cli/human.h"
#include "cli/run/background.h"
#include "cli/run/input_digests.h"
#include "cli/run/output_files.h"
#include "cli/run/replay.h"
#include "cli/run/run_key.h"
#include "cli/run/signal_relay.h"
#include "larder/codec/standard.h"
#include "larder/core/clock.h"

namespace larder::cli {
namespace {

WallTime now() { return Clock::system().now(); }

// Throws if nobody could rely on what such a command wrote.
void check_end(const ChildEnd& end) {
  const auto refuse = [](const char* why) { throw NotKept(why, NotKept::Kind::expected); };
  if (end.interrupted_by != 0) refuse("the run was interrupted");
  if (end.killed_by != 0) refuse("the command was killed by a signal");
  if (end.output_error != 0) refuse("its output could not be passed on");
}

int exit_code_after(const ChildEnd& end) {
  if (end.killed_by == 0) return end.output_error == 0 || end.exit_code != 0 ? end.exit_code : 1;
  // A shell must see that we were interrupted, too, to leave its loop.
  if (end.killed_by == end.interrupted_by) throw EndBySignal{end.killed_by};
  return 128 + end.killed_by;
}

}  // namespace

RunSession::RunSession(const RunOptions& options, const Console& console, Program program,
                       RunStore store, int stdin_fd, const Bytes& stdin_digest)
    : options_(options),
      console_(console),
      program_(std::move(program)),
      store_(std::move(store)),
      stdin_fd_(stdin_fd),
      inputs_(list_inputs(options.inputs)),
      base_key_(make_run_key({.options = options,
                              .program = program_,
                              .inputs = inputs_,
                              .input_digests = digest_inputs(inputs_, store_.files),
                              .stdin_digest = stdin_digest})),
      key_(base_key_) {
  if (options.depfile.empty()) return;
  dependencies_.emplace(base_key_, options.depfile, store_);
  key_ = dependencies_->current_key();
}

int RunSession::run() {
  if (store_.is_read_only) return replay_only();
  if (options_.in_background) return refresh_in_background();
  if (options_.warm) {
    start_in_background(stdin_fd_);
    return 0;
  }
  if (!options_.refresh) {
    if (const std::optional<int> code = replay_kept()) return *code;
  }
  return compute_once();
}

int RunSession::replay_only() {
  if (!options_.refresh && !options_.warm && !options_.in_background) {
    if (const std::optional<int> code = replay_kept()) return *code;
  }
  throw Error(ErrorKind::denied, options_.store.string() + " may only be read");
}

RunSession::Freshness RunSession::freshness(const RunResult& result) const {
  if (options_.no_failures && result.exit_code != 0) return Freshness::old;
  if (!options_.ttl) return Freshness::fresh;
  const WallTime time = now();
  // A result from the future shows that a clock was wrong: how old it is, nobody knows.
  if (result.computed_at > time) return Freshness::old;
  if (time < add_saturated(result.computed_at, *options_.ttl)) return Freshness::fresh;
  const WallTime end =
      add_saturated(add_saturated(result.computed_at, *options_.ttl), options_.stale);
  return time < end ? Freshness::stale : Freshness::old;
}

std::optional<RunResult> RunSession::find() {
  try {
    return store_.results.get<RunResult>(key_);
  } catch (const Error& error) {
    console_.warn(std::string("cannot read the store: ") + error.what());
    is_unreadable_ = true;
    return std::nullopt;
  }
}

bool RunSession::was_kept() const {
  if (is_unreadable_) return false;
  try {
    // Unlike a second search this does not count as another miss.
    return store_.results.contains(key_);
  } catch (const Error&) {
    return false;  // the first search has told
  }
}

std::optional<int> RunSession::replay_kept() {
  const std::optional<RunResult> result = find();
  if (!result || result->computed_at == unusable_) return std::nullopt;
  const Freshness state = freshness(*result);
  if (state == Freshness::old) {
    console_.note("the kept result may not be used any more");
    return std::nullopt;
  }
  try {
    restore_outputs(result->files);
  } catch (const Error& error) {
    console_.warn(std::string("running the command instead: ") + error.what());
    unusable_ = result->computed_at;
    return std::nullopt;
  }
  return replay(*result, state);
}

int RunSession::replay(const RunResult& result, Freshness state) const {
  if (state == Freshness::stale) refresh_later();
  const Duration age = now() - result.computed_at;
  console_.note("replaying a result that took " + human_duration(result.took) + ", " +
                human_duration(age) + (state == Freshness::stale ? " old and stale" : " old"));
  const int error = replay_output(result);
  if (error == EPIPE) throw EndBySignal{SIGPIPE};
  if (error == 0) return result.exit_code;
  console_.fail(system_error(error, "cannot write the output").what());
  return static_cast<int>(ExitCode::failed);
}

void RunSession::refresh_later() const {
  if (store_.is_read_only) return;
  try {
    const bool is_free =
        RunLock::try_lock(locks_of(options_.store), lock_name(base_key_)).has_value();
    if (is_free) start_in_background(stdin_fd_);
  } catch (const Error& error) {
    console_.warn(std::string("cannot refresh in the background: ") + error.what());
  }
}

int RunSession::refresh_in_background() {
  std::optional<RunLock> lock = RunLock::try_lock(locks_of(options_.store), lock_name(base_key_));
  if (!lock) return 0;  // someone is at it
  if (!options_.warm) {
    const std::optional<RunResult> result = find();
    if (result && freshness(*result) == Freshness::fresh) return 0;
  }
  return compute_alone(*lock);
}

int RunSession::compute_once() {
  while (true) {
    std::optional<RunLock> lock;
    try {
      lock.emplace(locks_of(options_.store), lock_name(base_key_));
    } catch (const Error& error) {
      console_.warn(std::string("cannot wait for concurrent runs: ") + error.what());
      return compute(nullptr);
    }
    // Whoever held the lock until now may have just kept what we want, and learnt what counts.
    if (dependencies_) key_ = dependencies_->current_key();
    if (!options_.refresh && was_kept()) {
      if (const std::optional<int> code = replay_kept()) return *code;
    }
    if (lock->before() == RunLock::Before::nobody) return compute_alone(*lock);
    if (lock->before() == RunLock::Before::not_kept) return compute(nullptr);
  }
}

int RunSession::compute_alone(RunLock& lock) {
  const int code = compute(&lock);
  sweep_some_locks(locks_of(options_.store));
  return code;
}

int RunSession::compute(RunLock* lock) {
  Recorder recorder(options_.max_result_bytes);
  const DeclaredOutputs outputs(options_.outputs);
  if (dependencies_) dependencies_->begin();
  const SteadyTime begin = Clock::system().steady_now();
  const ChildEnd end = run_child(
      {.program = program_, .arguments = options_.command, .stdin_fd = stdin_fd_}, recorder);
  const SteadyTime finish = Clock::system().steady_now();
  try {
    const Duration took = std::chrono::duration_cast<Duration>(finish - begin);
    keep({.end = end, .outputs = outputs, .took = took}, recorder);
    return exit_code_after(end);
  } catch (const NotKept& reason) {
    const std::string message = std::string("not kept: ") + reason.what();
    reason.is_expected() ? console_.note(message) : console_.warn(message);
  } catch (const Error& error) {
    console_.warn(std::string("not kept: ") + error.what());
  }
  if (lock != nullptr) lock->mark_not_kept();
  return exit_code_after(end);
}

void RunSession::keep(const Computed& computed, Recorder& recorder) {
  check_end(computed.end);
  const bool failed = computed.end.exit_code != 0;
  if (failed && options_.no_failures) throw NotKept("the command failed", NotKept::Kind::expected);
  if (recorder.overflowed()) {
    throw NotKept("the output is larger than " + human_size(options_.max_result_bytes) +
                  "; --max-result-size raises the limit");
  }
  std::vector<OutputFile> files =
      computed.outputs.read(failed ? MissingOutput::skip : MissingOutput::refuse, recorder.room());
  check_inputs();
  if (dependencies_) key_ = learn_dependencies(files);
  PutOptions put;
  if (options_.ttl) put.ttl = *options_.ttl + options_.stale;
  if (!options_.scope.empty()) put.tags = {options_.scope};
  store_.results.put(key_,
                     RunResult{.exit_code = computed.end.exit_code,
                               .computed_at = now(),
                               .took = computed.took,
                               .output = recorder.take(),
                               .files = std::move(files)},
                     put);
  console_.note("kept a result that took " + human_duration(computed.took));
}

Key RunSession::learn_dependencies(const std::vector<OutputFile>& files) {
  // A command that failed before it wrote the file has not said what it depends on.
  if (std::ranges::find(files, options_.depfile, &OutputFile::path) == files.end()) {
    throw NotKept("the command did not write '" + options_.depfile + "'", NotKept::Kind::expected);
  }
  return dependencies_->record();
}

void RunSession::check_inputs() const {
  std::vector<InputFile> current;
  try {
    current = list_inputs(options_.inputs);
  } catch (const UsageError& error) {
    throw NotKept(error.what());
  }
  if (current.size() != inputs_.size()) {
    throw NotKept("inputs appeared or disappeared while the command ran");
  }
  for (std::size_t i = 0; i < current.size(); ++i) {
    if (current[i] == inputs_[i]) continue;
    throw NotKept("input '" + current[i].name + "' changed while the command ran");
  }
}

}  // namespace larder::cli
