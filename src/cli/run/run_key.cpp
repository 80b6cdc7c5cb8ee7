// SPDX-License-Identifier: Apache-2.0
#include "cli/run/run_key.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <tuple>

#include "cli/human.h"
#include "cli/run/digest.h"

namespace larder::cli {
namespace {

// Raise it when a part is added or means something else: results of older releases are not found.
constexpr std::int64_t key_version = 2;

using Variable = std::tuple<std::string, std::optional<std::string>>;
using Input = std::tuple<std::string, bool, Bytes>;

std::vector<std::string> sorted_once(std::vector<std::string> names) {
  std::ranges::sort(names);
  const auto repeated = std::ranges::unique(names);
  names.erase(repeated.begin(), repeated.end());
  return names;
}

std::vector<Variable> variables(const std::vector<std::string>& names) {
  std::vector<Variable> result;
  for (const std::string& name : sorted_once(names)) {
    const char* value = std::getenv(name.c_str());
    result.emplace_back(name, value == nullptr ? std::nullopt : std::optional<std::string>(value));
  }
  return result;
}

std::vector<Input> inputs_of(const RunSubject& subject) {
  std::vector<Input> result;
  result.reserve(subject.inputs.size());
  for (std::size_t i = 0; i < subject.inputs.size(); ++i) {
    result.emplace_back(subject.inputs[i].name, subject.inputs[i].is_link,
                        subject.input_digests[i]);
  }
  return result;
}

std::optional<std::string> working_directory(const RunOptions& options) {
  if (!options.cwd) return std::nullopt;
  return std::filesystem::current_path().string();
}

}  // namespace

Key make_run_key(const RunSubject& subject) {
  const Program& program = subject.program;
  const RunOptions& options = subject.options;
  const Key circumstances = std::tuple(
      key_version,
      std::tuple(program.path, program.size, program.mtime_ns, program.ctime_ns, program.inode),
      variables(options.env), working_directory(options), inputs_of(subject),
      sorted_once(options.outputs), subject.stdin_digest, options.scope, options.depfile);
  return std::tuple(std::string("run"), options.command,
                    to_bytes(digest_of(circumstances.bytes())));
}

std::string lock_name(const Key& key) { return to_hex(digest_of(key.bytes())); }

}  // namespace larder::cli
