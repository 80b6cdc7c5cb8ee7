// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/leaf_guard.h"

#include <string>

namespace larder::lmdb {
namespace {

void check_leaf(const std::byte* page) {
  if (page == nullptr || (Page(page).count() > 0 && is_sound_leaf(page))) return;
  fail_damaged("page " + std::to_string(Page(page).number()) + " is not sound");
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
  check_leaf(path.leaf);
  check_leaf(tree_.beside(path, Direction::backward));
  check_leaf(tree_.beside(path, Direction::forward));
  const PageKeys keys = page_keys(path.leaf);
  first_.assign(keys.first.begin(), keys.first.end());
  last_.assign(keys.last.begin(), keys.last.end());
  is_settled_ = true;
}

}  // namespace larder::lmdb
