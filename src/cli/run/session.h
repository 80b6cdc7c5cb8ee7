// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/run/child.h"
#include "cli/run/dependencies.h"
#include "cli/run/input_list.h"
#include "cli/run/output_files.h"
#include "cli/run/program.h"
#include "cli/run/result.h"
#include "cli/run/run_lock.h"
#include "cli/run/run_options.h"
#include "cli/run/run_store.h"
#include "larder/key/key.h"

namespace larder::cli {

/// One `larder run` with a store that works: finds the result or computes it, once among all
/// processes that want it.
class RunSession {
 public:
  /// `stdin_fd` is what the command will read, `stdin_digest` its content if that counts.
  RunSession(const RunOptions& options, const Console& console, Program program, RunStore store,
             int stdin_fd, const Bytes& stdin_digest);

  /// Does it and returns what to exit with.
  /// @throws ProgramError, UsageError, EndBySignal, and Error only if the command has not begun
  int run();

 private:
  /// A command that was run.
  struct Computed {
    const ChildEnd& end;
    const DeclaredOutputs& outputs;
    Duration took;
  };

  /// How old a result may be.
  enum class Freshness { fresh, stale, old };

  int replay_only();
  int replay(const RunResult& result, Freshness state) const;
  [[nodiscard]] Freshness freshness(const RunResult& result) const;
  [[nodiscard]] std::optional<RunResult> find();
  [[nodiscard]] bool was_kept() const;
  [[nodiscard]] std::optional<int> replay_kept();
  void refresh_later() const;
  int refresh_in_background();
  int compute_once();
  int compute_alone(RunLock& lock);
  int compute(RunLock* lock);
  void keep(const Computed& computed, Recorder& recorder);
  Key learn_dependencies(const std::vector<OutputFile>& files);
  void check_inputs() const;

  const RunOptions& options_;
  const Console& console_;
  Program program_;
  RunStore store_;
  int stdin_fd_;
  std::vector<InputFile> inputs_;
  Key base_key_;  ///< Of all that is known before the command runs.
  Key key_;       ///< Of the result: the same, unless there is a depfile.
  std::optional<Dependencies> dependencies_ = std::nullopt;
  /// When what could not be replayed was computed: it is not tried, nor told of, twice.
  std::optional<WallTime> unusable_ = std::nullopt;
  bool is_unreadable_ = false;  ///< The same of the store.
};

}  // namespace larder::cli
