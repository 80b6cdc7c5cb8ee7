// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "engine/lmdb/layout.h"
#include "larder/core/io.h"

namespace larder::lmdb {

/// The files beside the engine that committed transactions need and that may not be on the device
/// yet, of all processes. Who brings transactions to the device brings these first.
///
/// Thread-safe unless stated otherwise.
class NeededFiles {
 public:
  /// `shared` must outlive this.
  NeededFiles(Io& io, std::filesystem::path directory, SharedPage& shared);

  /// Notes that the transaction `sequence`, about to be published, needs `paths`. Only under
  /// write_mutex.
  void note(std::uint64_t sequence, std::span<const std::string> paths) noexcept;

  /// Waits for the device until it has all files of transactions published so far. Returns the
  /// negative errno of a sync that failed, which no later one makes good.
  /// @throws Error if the files could not be looked at
  [[nodiscard]] int sync();

  /// The files of all transactions up to this one are on the device.
  [[nodiscard]] std::uint64_t synced() const noexcept {
    return shared_.files_synced.load(std::memory_order_acquire);
  }

 private:
  int sync_listed(std::uint64_t through);
  int sync_path(const std::filesystem::path& path);
  int sync_all();

  Io& io_;
  std::filesystem::path directory_;
  SharedPage& shared_;
};

}  // namespace larder::lmdb
