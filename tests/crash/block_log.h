// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "crash/file_pages.h"
#include "larder/core/random.h"

namespace larder::test {

/// What a disk was told, in order, as written down by a `LoggedDisk` (the format is that of the
/// Linux device mapper's target log-writes), and what it may hold when the power is cut.
class BlockLog {
 public:
  /// `first`: the content of the disk before the first entry. Both files must stay.
  BlockLog(const std::filesystem::path& log, const std::filesystem::path& first);

  [[nodiscard]] std::uint64_t entries() const noexcept { return entries_.size(); }
  /// How many of the entries are flushes.
  [[nodiscard]] std::uint64_t flushes() const noexcept;

  /// Makes in `image` what the disk may hold if the power goes off when it has been told `count`
  /// entries: all that was flushed, and of what was not, anything: each write is there, missing, or
  /// torn. `count` must not be less than in the call before.
  void cut(std::uint64_t count, const std::filesystem::path& image, Random& random);

 private:
  struct Entry {
    std::uint64_t at;     ///< Where on the disk.
    std::uint64_t bytes;  ///< How much.
    std::uint64_t flags;
    std::uint64_t data;  ///< Where in the log.
  };

  void copy(const Entry& entry, std::uint64_t from, std::uint64_t bytes, const PlainFile& to) const;
  void tear(const Entry& entry, const PlainFile& to, Random& random) const;

  PlainFile log_;
  PlainFile flushed_;  ///< All that was flushed before the last cut.
  std::uint64_t flushed_count_ = 0;
  std::vector<Entry> entries_;
};

}  // namespace larder::test
