// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

#include "larder/core/io.h"

namespace larder::lmdb {

/// A file mapped for hints that all processes share, see Engine::shared_memory.
class SharedArea {
 public:
  /// Maps `file`, created or enlarged with zeros to `size` bytes.
  SharedArea(Io& io, const std::filesystem::path& file, std::size_t size, mode_t mode);
  SharedArea(const SharedArea&) = delete;
  SharedArea& operator=(const SharedArea&) = delete;
  ~SharedArea();

  [[nodiscard]] std::span<std::byte> bytes() const noexcept { return bytes_; }

  /// The file name of the area `name`.
  /// @throws Error `invalid_argument` unless it is made of letters, digits, '.', '_' and '-'
  [[nodiscard]] static std::string file_name(std::string_view name);

 private:
  Io& io_;
  std::span<std::byte> bytes_;
};

}  // namespace larder::lmdb
