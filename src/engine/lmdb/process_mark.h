// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

#include "larder/core/io.h"

namespace larder::lmdb {

/// A sign that this process has the directory open, which also those see who number processes
/// otherwise (other containers), until the kernel takes it away at the end of the process: a lock
/// on one byte of the file `users`, through an open file of its own. The child of a fork does not
/// keep it, and must not destroy this, like the database that it belongs to.
class ProcessMark {
 public:
  /// Sets one that nobody else has.
  /// @throws Error
  ProcessMark(Io& io, const std::filesystem::path& users);
  ProcessMark(const ProcessMark&) = delete;
  ProcessMark& operator=(const ProcessMark&) = delete;
  /// Takes it away.
  ~ProcessMark();

  /// Which one it is. Never 0.
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }

 private:
  File file_;
  std::uint64_t number_ = 0;
};

}  // namespace larder::lmdb
