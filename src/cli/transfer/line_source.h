// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "larder/core/io.h"

namespace larder::cli {

/// The lines of a file or of standard input, one in memory at a time.
///
/// Not thread-safe.
class LineSource {
 public:
  /// Standard input if `name` is "-".
  explicit LineSource(const std::string& name);

  /// The next line without its line feed, valid until the next call; nothing at the end.
  /// @throws Error `not_supported` if a line is longer than `longest_line`
  [[nodiscard]] std::optional<std::string_view> next();
  /// Gives the line that `next()` gave last once more.
  void put_back() noexcept;
  /// The number of the line that `next()` gave last.
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }

 private:
  bool fill();

  std::string name_;
  File file_;
  int fd_;
  std::string buffer_;
  std::size_t at_ = 0;
  std::size_t begin_ = 0;  // of the last line
  std::uint64_t number_ = 0;
};

}  // namespace larder::cli
