// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <atomic>
#include <filesystem>

#include "larder/core/io.h"

namespace larder::lmdb {

/// Whether an open database is still where it was opened: a directory that was removed goes on to
/// take what is written for as long as it is open, and then it is gone; and in one that took its
/// place nothing may be touched.
///
/// Thread-safe.
class Whereabouts {
 public:
  /// To be made while nobody removes or replaces the database in `directory`.
  /// @throws Error if it is not there
  Whereabouts(Io& io, std::filesystem::path directory);

  /// Looks on the device, and remembers for good what is found missing.
  /// @throws Error `unavailable` if the database is not there any more, now or at an earlier look
  void look();

  /// The same without looking.
  void check() const {
    if (is_lost()) fail();
  }
  [[nodiscard]] bool is_lost() const noexcept { return lost_.load(std::memory_order_relaxed); }

 private:
  [[noreturn]] void fail() const;

  Io& io_;
  std::filesystem::path directory_;
  struct stat opened_ = {};
  std::atomic<bool> lost_ = false;
};

}  // namespace larder::lmdb
