// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>

#include "larder/cache/transfer.h"

namespace larder::cli {

/// Writes entries as lines of JSON, at most one part of a value in memory at a time.
///
/// Not thread-safe.
class LineWriter {
 public:
  using Output = std::function<void(std::string_view text)>;

  /// Begins with the line that names the format.
  explicit LineWriter(Output output);

  void add(const ExportedEntry& entry);
  /// Writes the last line: without it a reader knows that something is missing.
  void finish();

 private:
  void write_parts(const ExportedEntry& entry, std::uint64_t bytes);

  Output output_;
  std::uint64_t entries_ = 0;
};

}  // namespace larder::cli
