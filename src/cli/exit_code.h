// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>

#include "larder/core/error.h"

namespace larder::cli {

/// What the tool exits with. Documented in the manual page: scripts rely on the numbers.
enum class ExitCode : int {
  done = 0,     ///< It worked.
  failed = 1,   ///< It did not work.
  usage = 2,    ///< The command line makes no sense.
  absent = 3,   ///< The key has no value.
  damaged = 4,  ///< Stored data is damaged.
  busy = 5,     ///< The store did not answer in time; trying again may help.
};

/// A command line that makes no sense. The message says what to write instead.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What to exit with after `error`.
[[nodiscard]] inline ExitCode exit_code_of(const Error& error) noexcept {
  switch (error.kind()) {
    case ErrorKind::invalid_argument:
      return ExitCode::usage;
    case ErrorKind::corrupt:
      return ExitCode::damaged;
    case ErrorKind::unavailable:
      return ExitCode::busy;
    case ErrorKind::not_supported:
    case ErrorKind::denied:
    case ErrorKind::full:
      break;
  }
  return ExitCode::failed;
}

}  // namespace larder::cli
