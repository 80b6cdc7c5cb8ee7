// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/run/input_list.h"
#include "cli/run/program.h"
#include "cli/run/run_options.h"
#include "larder/core/bytes.h"
#include "larder/key/key.h"

namespace larder::cli {

/// All that decides whether a kept result may stand in for running a command.
struct RunSubject {
  const RunOptions& options;
  const Program& program;
  const std::vector<InputFile>& inputs;
  const std::vector<Bytes>& input_digests;
  const Bytes& stdin_digest;  ///< Empty if stdin does not count.
};

/// The key of a result: the command as it was typed, so that people find it, and a digest of all
/// the rest.
[[nodiscard]] Key make_run_key(const RunSubject& subject);

/// A file name for `key`.
[[nodiscard]] std::string lock_name(const Key& key);

}  // namespace larder::cli
