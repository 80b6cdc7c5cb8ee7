// SPDX-License-Identifier: Apache-2.0
//
// How LMDB lays out the pages of its file. The format is that of LMDB 0.9 on 64-bit machines; it is
// part of LMDB's promise (data version 1) and has not changed since 2011.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "larder/core/bytes.h"

namespace larder::lmdb {

inline constexpr std::size_t page_bytes = 4096;
inline constexpr std::size_t page_head = 16;
inline constexpr unsigned deepest_tree = 32;
inline constexpr std::uint64_t no_page = ~std::uint64_t{0};

/// Kinds of pages.
inline constexpr std::uint16_t branch_flag = 1;
inline constexpr std::uint16_t leaf_flag = 2;
inline constexpr std::uint16_t overflow_flag = 4;
inline constexpr std::uint16_t meta_flag = 8;

/// Kinds of data of an entry: in pages of its own, or the record of a table. There is a third for
/// sorted duplicates, which larder's tables do not have.
inline constexpr std::uint16_t big_data = 1;
inline constexpr std::uint16_t sub_data = 2;

template <typename T>
[[nodiscard]] T load(const std::byte* from) noexcept {
  T value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

/// The record of one tree, in a head page or in the table of tables.
struct TreeRecord {
  std::uint32_t pad;
  std::uint16_t flags;
  std::uint16_t depth;
  std::uint64_t branch_pages;
  std::uint64_t leaf_pages;
  std::uint64_t overflow_pages;
  std::uint64_t entries;
  std::uint64_t root;
};
static_assert(sizeof(TreeRecord) == 48);

/// Marks the tree of free pages: its keys are numbers.
inline constexpr std::uint16_t integer_key = 8;
inline constexpr std::uint32_t head_magic = 0xBEEFC0DE;

/// A head page behind its page header. There are two; successive transactions write them in turn.
struct Head {
  std::uint32_t magic;
  std::uint32_t version;
  std::uint64_t address;
  std::uint64_t map_bytes;
  TreeRecord free_list;
  TreeRecord main;
  std::uint64_t last_page;
  std::uint64_t txn;
};
static_assert(sizeof(Head) == 136);

/// Reads the parts of a page without leaving it.
class Page {
 public:
  explicit Page(const std::byte* data) noexcept : data_(data) {}

  [[nodiscard]] std::uint64_t number() const noexcept { return load<std::uint64_t>(data_); }
  [[nodiscard]] std::uint16_t flags() const noexcept { return load<std::uint16_t>(data_ + 10); }
  [[nodiscard]] bool has_sound_bounds() const noexcept {
    return lower() >= page_head && lower() <= upper() && upper() <= page_bytes && lower() % 2 == 0;
  }
  [[nodiscard]] std::size_t count() const noexcept { return (lower() - page_head) / 2; }
  /// Of an overflow page: how many there are in a row.
  [[nodiscard]] std::uint64_t pages_in_row() const noexcept {
    return load<std::uint32_t>(data_ + 12);
  }

  struct Node {
    std::uint32_t low;    ///< Size of the data, or the lower bits of a child's page number.
    std::uint16_t flags;  ///< Kind of data, or the upper bits of a child's page number.
    BytesView key;
    const std::byte* data;

    [[nodiscard]] std::uint64_t child() const noexcept {
      return low | (std::uint64_t{flags} << 32U);
    }
    /// What the data takes in the page.
    [[nodiscard]] std::size_t bytes_in_page() const noexcept {
      return (flags & big_data) != 0 ? sizeof(std::uint64_t) : low;
    }
  };
  /// Node `i`; false if its head or its key does not lie in the page.
  [[nodiscard]] bool node(std::size_t i, Node& out) const noexcept {
    constexpr std::size_t node_head = 8;
    const std::size_t at = load<std::uint16_t>(data_ + page_head + 2 * i);
    if (at < upper() || at + node_head > page_bytes || at % 2 != 0) return false;
    const std::byte* node = data_ + at;
    const std::size_t key_bytes = load<std::uint16_t>(node + 6);
    if (at + node_head + key_bytes > page_bytes) return false;
    out.low = load<std::uint32_t>(node);
    out.flags = load<std::uint16_t>(node + 4);
    out.key = {node + node_head, key_bytes};
    out.data = node + node_head + key_bytes;
    return true;
  }
  /// Whether all of the data of `node` that belongs into the page lies in it.
  [[nodiscard]] bool holds_data_of(const Node& node) const noexcept {
    return node.bytes_in_page() <= static_cast<std::size_t>(data_ + page_bytes - node.data);
  }

 private:
  [[nodiscard]] std::size_t lower() const noexcept { return load<std::uint16_t>(data_ + 12); }
  [[nodiscard]] std::size_t upper() const noexcept { return load<std::uint16_t>(data_ + 14); }

  const std::byte* data_;
};

/// The page that holds `address`, given that pages are aligned in memory.
[[nodiscard]] inline const std::byte* page_of(const void* address) noexcept {
  return reinterpret_cast<const std::byte*>(reinterpret_cast<std::uintptr_t>(address) &
                                            ~std::uintptr_t{page_bytes - 1});
}

/// Whether a leaf page has whole entries that lie in it, none over another, of the kind that
/// `entry_flags` lets be.
[[nodiscard]] bool is_sound_leaf(const std::byte* page,
                                 std::uint16_t entry_flags = big_data) noexcept;

/// Whether the keys of a sound leaf page of users' data rise. Else a search may miss an entry, and
/// a put would add another one with its key.
[[nodiscard]] bool has_ordered_keys(const std::byte* page) noexcept;

/// The first and the last key of a sound leaf page, which is not empty.
struct PageKeys {
  BytesView first;
  BytesView last;
};
[[nodiscard]] PageKeys page_keys(const std::byte* page) noexcept;

/// Throws Error `corrupt` about the database file.
[[noreturn]] void fail_damaged(const std::string& what);

}  // namespace larder::lmdb
