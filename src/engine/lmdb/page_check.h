// SPDX-License-Identifier: Apache-2.0
//
// LMDB trusts its file: a damaged page can make it read or write outside of the page. What is
// checked here makes that impossible for pages that come from the device: all branch pages and the
// list of free pages before the file is opened, a leaf page before it is changed, and the bounds of
// every value that is read. Stored values carry their own checksums.
//
// The page format is that of LMDB 0.9 on 64-bit machines; it is part of LMDB's promise (data
// version 1) and has not changed since 2011.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "larder/core/bytes.h"
#include "larder/core/io.h"

namespace larder::lmdb {

inline constexpr std::size_t page_bytes = 4096;

/// Checks the heads, the branch pages and the free list of database `file`, which nobody has open.
/// Returns its size, 0 if there is none.
/// @throws Error `corrupt` saying what is wrong; `not_supported` if it is no LMDB 0.9 file
[[nodiscard]] std::uint64_t check_file(Io& io, const std::filesystem::path& file);

/// The same for the bytes of a file.
void check_image(BytesView image);

/// Whether everything in leaf page `page` lies inside of it.
[[nodiscard]] bool is_sound_leaf(const std::byte* page) noexcept;

/// Where in its leaf page, which is sound, a key is.
struct KeyPlace {
  bool is_key = false;                ///< A key of the page begins there.
  const std::byte* before = nullptr;  ///< The key before it in the page, if there is one.
  const std::byte* behind = nullptr;  ///< The key behind it in the page, if there is one.
};
[[nodiscard]] KeyPlace place_of_key(const void* key) noexcept;

/// The first and the last key of a sound leaf page, which is not empty.
struct PageKeys {
  BytesView first;
  BytesView last;
};
[[nodiscard]] PageKeys page_keys(const std::byte* page) noexcept;

/// The number that a page carries in its head.
[[nodiscard]] std::uint64_t page_number(const std::byte* page) noexcept;

/// The page that holds `address`, given that pages are aligned in memory.
[[nodiscard]] inline const std::byte* page_of(const void* address) noexcept {
  return reinterpret_cast<const std::byte*>(reinterpret_cast<std::uintptr_t>(address) &
                                            ~std::uintptr_t{page_bytes - 1});
}

}  // namespace larder::lmdb
