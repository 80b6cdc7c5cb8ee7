// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>

#include "larder/core/bytes.h"
#include "larder/core/io.h"

namespace larder::lmdb {

/// The bytes of a file that nobody changes meanwhile.
class FileImage {
 public:
  /// @throws Error if the file cannot be opened and mapped
  FileImage(Io& io, const std::filesystem::path& path);
  FileImage(const FileImage&) = delete;
  FileImage& operator=(const FileImage&) = delete;
  ~FileImage();

  [[nodiscard]] BytesView bytes() const noexcept {
    return {static_cast<const std::byte*>(map_), size_};
  }

 private:
  Io& io_;
  void* map_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace larder::lmdb
