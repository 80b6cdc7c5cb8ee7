// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "larder/core/bytes.h"
#include "larder/core/clock.h"

namespace larder::cli {

/// Bytes that a command wrote in one go, or in several with nothing on the other descriptor
/// between.
struct OutputChunk {
  std::uint8_t descriptor = 1;  ///< 1 for stdout, 2 for stderr.
  Bytes data = {};
};

/// A file that a command wrote.
struct OutputFile {
  std::string path = {};   ///< As it was declared.
  std::uint32_t mode = 0;  ///< Permission bits.
  Bytes data = {};
};

/// All that a command left behind: the value of an entry in the store of `larder run`.
struct RunResult {
  std::int32_t exit_code = 0;
  WallTime computed_at = {};             ///< When the command ended.
  Duration took = {};                    ///< How long it ran.
  std::vector<OutputChunk> output = {};  ///< In the order in which it came.
  std::vector<OutputFile> files = {};    ///< In the order of their paths.
};

/// Thrown when a result cannot be kept; the message says why. The command itself went well.
class NotKept : public std::runtime_error {
 public:
  /// Whether the user needs to hear of it.
  enum class Kind { surprising, expected };

  explicit NotKept(const std::string& why, Kind kind = Kind::surprising)
      : std::runtime_error(why), kind_(kind) {}
  [[nodiscard]] bool is_expected() const noexcept { return kind_ == Kind::expected; }

 private:
  Kind kind_;
};

}  // namespace larder::cli
