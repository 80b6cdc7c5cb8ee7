// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "larder/core/io.h"

namespace larder::cli {

/// The right to compute one result, held by one process at a time. It is a locked file, so the
/// kernel takes it back when the holder dies, and waiters go on at once.
class RunLock {
 public:
  /// What became of the computation of the one who held the lock before.
  enum class Before {
    nobody,    ///< Nobody held it, or the holder died: compute.
    kept,      ///< It is done: look into the store.
    not_kept,  ///< It is done, but its result could not be kept: compute, and let others do so.
  };

  /// Waits until this process may compute `name`, or until it turns out that the one who held the
  /// lock has finished. Holds the lock only if the answer is `nobody`.
  /// @throws Error if the lock file cannot be made
  RunLock(const std::filesystem::path& folder, const std::string& name);

  /// The lock if it is free right now.
  [[nodiscard]] static std::optional<RunLock> try_lock(const std::filesystem::path& folder,
                                                       const std::string& name);

  RunLock(RunLock&& other) noexcept;
  RunLock& operator=(RunLock&&) = delete;
  /// Lets the waiters go on.
  ~RunLock();

  [[nodiscard]] Before before() const noexcept { return before_; }

  /// Tells the waiters that they will find nothing in the store.
  void mark_not_kept() noexcept;

 private:
  RunLock(std::filesystem::path path, File file) : path_(std::move(path)), file_(std::move(file)) {}

  std::filesystem::path path_;
  File file_;
  Before before_ = Before::nobody;
};

/// Removes the lock files that killed runs left in `folder`; those in use stay.
void sweep_locks(const std::filesystem::path& folder);

/// The same in passing: a few at a time, and only those that are old.
void sweep_some_locks(const std::filesystem::path& folder);

}  // namespace larder::cli
