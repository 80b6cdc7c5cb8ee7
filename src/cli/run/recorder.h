// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "cli/run/result.h"

namespace larder::cli {

/// Collects what a command writes, up to a limit; beyond it, it forgets everything, so that output
/// without end takes no memory.
class Recorder {
 public:
  explicit Recorder(std::uint64_t max_bytes) : room_(max_bytes) {}

  /// Adds `data` that came on `descriptor`.
  void add(std::uint8_t descriptor, BytesView data);

  /// Whether more came than may be kept.
  [[nodiscard]] bool overflowed() const noexcept { return overflowed_; }

  /// Bytes that may still come.
  [[nodiscard]] std::uint64_t room() const noexcept { return room_; }

  /// What came, in order.
  [[nodiscard]] std::vector<OutputChunk> take() { return std::move(chunks_); }

 private:
  std::vector<OutputChunk> chunks_;
  std::uint64_t room_;
  bool overflowed_ = false;
};

}  // namespace larder::cli
