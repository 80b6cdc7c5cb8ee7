// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "cache/files/file_ref.h"
#include "larder/core/io.h"

namespace larder::detail {

/// A value file that is open to read. Whatever is read is held against its checksums.
///
/// Thread-compatible. Good for as long as it lives, even if the file is removed meanwhile.
class OpenFile {
 public:
  /// Reads the block checksums.
  /// @throws Error `corrupt` if the file is not the one that `ref` is about
  OpenFile(Io& io, File file, const FileRef& ref);

  /// Fills `out` from `offset` on; both lie within the content.
  /// @throws Error `corrupt` if a block is damaged
  void read(std::uint64_t offset, std::span<std::byte> out) const;
  /// Reads all, to know that it is whole.
  void check() const;

  [[nodiscard]] const FileRef& ref() const noexcept { return ref_; }
  [[nodiscard]] int fd() const noexcept { return file_.fd(); }
  [[nodiscard]] Io& io() const noexcept { return *io_; }

 private:
  void read_exactly(std::uint64_t offset, std::span<std::byte> out) const;
  [[nodiscard]] std::size_t block_size(std::uint64_t block) const noexcept;
  void check_block(std::uint64_t block, BytesView content) const;

  Io* io_;
  File file_;
  FileRef ref_;
  Bytes checksums_;
};

}  // namespace larder::detail
