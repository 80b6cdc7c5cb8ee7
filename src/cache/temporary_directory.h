// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

#include "larder/core/io.h"

namespace larder::detail {

/// A new directory with a random name, private to the user, that is removed with all in it when
/// this object goes; not, however, by a child made by `fork`.
class TemporaryDirectory {
 public:
  /// Makes it in the system's folder for temporary files.
  explicit TemporaryDirectory(Io& io);
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  Io& io_;
  std::uint64_t generation_;
  std::filesystem::path path_;
};

}  // namespace larder::detail
