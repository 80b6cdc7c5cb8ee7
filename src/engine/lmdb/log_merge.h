// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/lmdb/layout.h"
#include "engine/lmdb/segment.h"

namespace larder::lmdb {

/// A segment as far as it counts.
struct Layer {
  const Segment* segment;
  std::uint64_t limit;
};

/// Some segments of the log, newest first. Copies are cheap; making an empty one is free.
class Layers {
 public:
  Layers() noexcept {}
  Layers(const Layers& other) noexcept : count_(other.count_) {
    std::copy(other.begin(), other.end(), layers_.begin());
  }
  Layers& operator=(const Layers& other) noexcept {
    count_ = other.count_;
    std::copy(other.begin(), other.end(), layers_.begin());
    return *this;
  }
  ~Layers() = default;

  void add(Layer older) noexcept { layers_[count_++] = older; }
  void clear() noexcept { count_ = 0; }
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  [[nodiscard]] const Layer& newest() const noexcept { return layers_[0]; }
  [[nodiscard]] const Layer* begin() const noexcept { return layers_.data(); }
  [[nodiscard]] const Layer* end() const noexcept { return layers_.data() + count_; }
  /// Brings layers that were added in any order into theirs.
  void sort() noexcept;

 private:
  std::size_t count_ = 0;
  std::array<Layer, segment_count> layers_;
};

/// Steps through what layers hold of each key, in key order: the newest entry, which may say that
/// the key is erased. A copy goes on from the same place.
class LogMerge {
 public:
  LogMerge(const Layers& layers, BytesView from);

  [[nodiscard]] bool ended() const noexcept { return best_ == count_; }
  /// Where it stands. Not at the end.
  [[nodiscard]] const LogEntry& entry() const noexcept { return walks_[best_].entry(); }
  /// Whose entry that is.
  [[nodiscard]] const Segment* segment() const noexcept { return walks_[best_].segment(); }
  void next() noexcept;

 private:
  void choose() noexcept;

  std::array<Segment::Walk, segment_count> walks_;
  std::size_t count_ = 0;
  std::size_t best_ = 0;  ///< The walk whose entry is next; `count_` at the end.
};

}  // namespace larder::lmdb
