// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <utility>

#include "larder/core/io.h"

namespace larder::lmdb {

/// The room on the device of a database. LMDB calls a write that the device cut short an I/O error,
/// whatever the reason was; this tells a full device from a broken one.
///
/// Thread-safe.
class DeviceSpace {
 public:
  DeviceSpace(Io& io, std::filesystem::path directory)
      : io_(io), directory_(std::move(directory)) {}

  /// Whether the database could not grow by `bytes`: the device, a quota or a limit on the size of
  /// files is in the way.
  [[nodiscard]] bool lacks(std::uint64_t bytes) const;

 private:
  Io& io_;
  std::filesystem::path directory_;
};

/// Gives the first `bytes` of `file`, whose name is for messages, room on the device, and makes it
/// that long. A store to a mapped page that a full device cannot back would be fatal.
/// @throws Error `full` if there is no room
void reserve_room(Io& io, const File& file, std::uint64_t bytes, const std::filesystem::path& path);

}  // namespace larder::lmdb
