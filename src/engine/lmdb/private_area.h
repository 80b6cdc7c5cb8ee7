// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "larder/core/io.h"

namespace larder::lmdb {

/// What others keep in a `SharedArea`, for who may only read it: pages follow what others write
/// until they are written to here; that changes no file.
class PrivateArea {
 public:
  /// All zero if there is no such file.
  PrivateArea(Io& io, const std::filesystem::path& file, std::size_t size);
  PrivateArea(const PrivateArea&) = delete;
  PrivateArea& operator=(const PrivateArea&) = delete;
  ~PrivateArea();

  [[nodiscard]] std::span<std::byte> bytes() const noexcept { return bytes_; }

 private:
  Io& io_;
  std::span<std::byte> bytes_;
};

}  // namespace larder::lmdb
