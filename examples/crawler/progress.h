// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace crawler {

/// Shows how far a crawl is: a bar on a terminal, a line for every 500 pages elsewhere.
class Progress {
 public:
  Progress();
  /// Leaves what was shown last.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(std::uint64_t pages, std::uint64_t known);

 private:
  bool is_terminal_;
  std::uint64_t next_line_ = 0;
};

}  // namespace crawler
