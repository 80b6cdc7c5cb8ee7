// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "larder/core/bytes.h"

namespace larder::detail {

/// How much of a value file one checksum covers. Stored on disk: never change.
inline constexpr std::size_t file_block_bytes = std::size_t{64} << 10U;

/// What a record holds instead of a value that is in a file. docs/format/cache.md describes the
/// bytes: the content, then one checksum for each block of it.
struct FileRef {
  std::uint64_t name = 0;                    ///< Random, never 0.
  std::uint64_t bytes = 0;                   ///< Size of the content.
  std::array<std::uint64_t, 2> digest = {};  ///< Checksum of the block checksums.

  [[nodiscard]] std::uint64_t blocks() const noexcept {
    return bytes / file_block_bytes + (bytes % file_block_bytes == 0 ? 0U : 1U);
  }
  /// How long the file is: content and block checksums.
  [[nodiscard]] std::uint64_t file_bytes() const noexcept {
    return bytes + blocks() * sizeof(std::uint64_t);
  }

  friend bool operator==(const FileRef&, const FileRef&) = default;
};

/// Appends the stored form.
void append_file_ref(Bytes& out, const FileRef& ref);
/// The reference again; nothing if `stored` is none.
[[nodiscard]] std::optional<FileRef> parse_file_ref(BytesView stored);

/// The checksum of block checksums as they stand in the file.
[[nodiscard]] std::array<std::uint64_t, 2> digest_of(BytesView checksums);

/// Where the file `name` lies: "3f/0123456789abcd".
[[nodiscard]] std::string bucket_of(std::uint64_t name);
[[nodiscard]] std::string leaf_of(std::uint64_t name);
/// The name again; nothing if these could not come from the two above.
[[nodiscard]] std::optional<std::uint64_t> parse_file_name(std::string_view bucket,
                                                           std::string_view leaf);

}  // namespace larder::detail
