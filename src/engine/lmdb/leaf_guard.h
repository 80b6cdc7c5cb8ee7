// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>

#include "engine/lmdb/tree.h"
#include "larder/core/bytes.h"

namespace larder::lmdb {

/// Sees to it that LMDB's cursors meet only sound leaf pages, wherever a transaction has them go.
/// In a write transaction it looks at the table as it was before: pages that were changed since
/// came from pages that it had seen.
///
/// Not thread-safe. The functions throw Error `corrupt`.
class LeafGuard {
 public:
  explicit LeafGuard(const Tree& tree) : tree_(tree) {}

  [[nodiscard]] const Tree& tree() const noexcept { return tree_; }

  /// Looks at the leaf page of `key` and the two beside it. Then LMDB may search for it, and go one
  /// step on from an entry with this key.
  void settle(BytesView key);
  /// Before LMDB goes to the last entry.
  void settle_end();

 private:
  void settle_around(const Tree::Path& path);

  Tree tree_;
  Bytes first_;  ///< First and last key of the page that was looked at last.
  Bytes last_;
  bool is_settled_ = false;
  /// The pages that were found sound last, and a null pointer: there may be none beside the first.
  std::array<const std::byte*, 4> sound_ = {};
};

}  // namespace larder::lmdb
