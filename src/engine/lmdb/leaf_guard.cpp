// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/leaf_guard.h"

#include <algorithm>
#include <string>

namespace larder::lmdb {
namespace {

void check_leaf(const std::byte* page) {
  if (Page(page).count() > 0 && is_sound_leaf(page) && has_ordered_keys(page)) return;
  fail_damaged("page " + std::to_string(Page(page).number()) + " is not sound");
}

/// A key on the wrong side of the one that parts two pages is not found where it is. Another one
/// could be put beside it, and LMDB would move the wrong ones between the pages.
void check_parted(const std::byte* low, const std::optional<BytesView>& separator,
                  const std::byte* high) {
  if (separator && compare(page_keys(low).last, *separator) < 0 &&
      compare(*separator, page_keys(high).first) <= 0) {
    return;
  }
  fail_damaged("the keys of pages " + std::to_string(Page(low).number()) + " and " +
               std::to_string(Page(high).number()) + " are out of order");
}

}  // namespace

void LeafGuard::settle(BytesView key) {
  if (is_settled_ && compare(key, first_) >= 0 && compare(key, last_) <= 0) return;
  settle_around(tree_.path_to(key));
}

void LeafGuard::settle_end() { settle_around(tree_.path_to(std::nullopt)); }

void LeafGuard::settle_around(const Tree::Path& path) {
  is_settled_ = false;
  if (path.leaf == nullptr) return;
  const std::byte* before = tree_.beside(path, Direction::backward);
  const std::byte* behind = tree_.beside(path, Direction::forward);
  for (const std::byte* page : {path.leaf, before, behind}) {
    if (std::ranges::find(sound_, page) == sound_.end()) check_leaf(page);
  }
  sound_ = {path.leaf, before, behind, nullptr};
  if (before != nullptr) {
    check_parted(before, tree_.separator(path, Direction::backward), path.leaf);
  }
  if (behind != nullptr) check_parted(path.leaf, tree_.separator(path, Direction::forward), behind);
  const PageKeys keys = page_keys(path.leaf);
  first_.assign(keys.first.begin(), keys.first.end());
  last_.assign(keys.last.begin(), keys.last.end());
  is_settled_ = true;
}

}  // namespace larder::lmdb
