// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/page.h"

#include <algorithm>
#include <array>
#include <span>

#include "larder/core/error.h"

namespace larder::lmdb {
namespace {

/// Where a node lies in its page.
struct Extent {
  std::uint16_t begin;
  std::uint16_t end;
};

}  // namespace

bool is_sound_leaf(const std::byte* page, std::uint16_t entry_flags) noexcept {
  const Page view(page);
  if (!view.has_sound_bounds() || view.flags() != leaf_flag) return false;
  std::array<Extent, page_bytes / 10> extents;  // a node takes 8 bytes, and 2 that lead to it
  const std::size_t count = view.count();
  if (count > extents.size()) return false;
  for (std::size_t i = 0; i < count; ++i) {
    Page::Node node{};
    if (!view.node(i, node) || (node.flags & ~entry_flags) != 0 || !view.holds_data_of(node)) {
      return false;
    }
    const std::byte* end = node.data + node.bytes_in_page();
    extents[i] = {.begin = load<std::uint16_t>(page + page_head + 2 * i),
                  .end = static_cast<std::uint16_t>(end - page)};
  }
  // Where two overlap, taking one out would move the other out of the page.
  const auto used = std::span(extents).first(count);
  std::ranges::sort(used, {}, &Extent::begin);
  return std::ranges::adjacent_find(
             used, [](const Extent& a, const Extent& b) { return b.begin < a.end; }) == used.end();
}

bool has_ordered_keys(const std::byte* page) noexcept {
  const Page view(page);
  BytesView before;
  for (std::size_t i = 0; i < view.count(); ++i) {
    Page::Node node{};
    if (!view.node(i, node) || (i > 0 && compare(before, node.key) >= 0)) return false;
    before = node.key;
  }
  return true;
}

PageKeys page_keys(const std::byte* page) noexcept {
  const Page view(page);
  Page::Node first{};
  Page::Node last{};
  static_cast<void>(view.node(0, first));
  static_cast<void>(view.node(view.count() - 1, last));
  return {.first = first.key, .last = last.key};
}

void fail_damaged(const std::string& what) {
  throw Error(ErrorKind::corrupt, "the database file is damaged: " + what);
}

}  // namespace larder::lmdb
