// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "larder/core/bytes.h"
#include "larder/core/log.h"

namespace larder::cli {

/// How much the tool says on stderr.
enum class Detail { quiet, normal, verbose };

/// What the tool says to people. Data goes to stdout, everything else to stderr, each message in
/// one write so that messages of concurrent runs do not mix.
class Console {
 public:
  void set_detail(Detail detail) noexcept { detail_ = detail; }
  [[nodiscard]] Detail detail() const noexcept { return detail_; }

  /// Says what is going on; only with `--verbose`.
  void note(std::string_view message) const;
  /// Says what the user should know although the work went on; not with `--quiet`.
  void warn(std::string_view message) const;
  /// Says why nothing came of it. Always.
  void fail(std::string_view message) const;
  /// Shows the progress of long work on one line that the next call writes over; only on a
  /// terminal. An empty `message` removes the line.
  void progress(std::string_view message) const;

  /// Forwards what the library says: `least` and worse to `warn`, the rest to `note`.
  [[nodiscard]] LogSink log_sink(LogLevel least = LogLevel::warning) const;

 private:
  Detail detail_ = Detail::normal;
};

/// Writes all of `data` to descriptor `fd`, waiting where the descriptor is full. Returns 0 or the
/// error number.
[[nodiscard]] int write_to(int fd, BytesView data) noexcept;

/// Writes to stdout.
/// @throws Error if that fails
void print(std::string_view text);

/// Whether `fd` is a terminal on which colours are welcome (`NO_COLOR` is not set, `TERM` is not
/// "dumb").
[[nodiscard]] bool wants_colour(int fd) noexcept;

/// Writes a help text to `fd`, with bold headings where colours are welcome.
void print_help(int fd, std::string_view text);

}  // namespace larder::cli
