// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lmdb.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "engine/lmdb/page.h"
#include "larder/core/bytes.h"
#include "larder/core/function_ref.h"
#include "larder/engine/txn.h"

namespace larder::lmdb {

/// Where LMDB's map lies in this process.
struct MapPlace {
  const std::byte* begin = nullptr;
  std::uint64_t bytes = 0;

  [[nodiscard]] bool holds(const void* address) const noexcept {
    const auto* at = static_cast<const std::byte*>(address);
    return at >= begin && at < begin + bytes;
  }
};

/// A table as the last commit before some transaction left it, read by its pages. LMDB's own search
/// believes what leaf pages say, and can be led out of them, or into a crash; this one cannot.
///
/// Valid while that transaction runs. Not thread-safe. The functions throw Error `corrupt` where a
/// page is not what it should be.
class Tree {
 public:
  Tree(MDB_env* env, const MapPlace& map, const TreeRecord& record);

  /// The value of `key`.
  [[nodiscard]] std::optional<BytesView> find(BytesView key) const;

  /// A leaf page, and how the search came to it.
  struct Path {
    struct Step {
      const std::byte* page;
      std::size_t index;
    };
    std::array<Step, deepest_tree> branches;  // only as many are set as the tree has
    const std::byte* leaf = nullptr;          ///< Null if the tree is empty.
  };
  /// The leaf page where `key` is or would be; the last one if there is no key.
  [[nodiscard]] Path path_to(std::optional<BytesView> key) const;
  /// The leaf page behind or before the one that `path` leads to, null if there is none.
  [[nodiscard]] const std::byte* beside(const Path& path, Direction direction) const;
  /// The key that parts these two, if there are two: the later page holds it and what is above.
  [[nodiscard]] std::optional<BytesView> separator(const Path& path, Direction direction) const;

  /// Shows up to `most` leaf pages that lie beside each other, from `place` on: 0 is the beginning
  /// of the table, 1 its end.
  void visit_leaves(double place, std::size_t most,
                    FunctionRef<void(const std::byte*)> visit) const;

 private:
  /// The lowest level from which a branch leads to the page beside; 0 if none does.
  [[nodiscard]] unsigned fork_level(const Path& path, Direction direction) const noexcept;
  [[nodiscard]] const std::byte* page_at(std::uint64_t number, std::uint16_t flag) const;
  [[nodiscard]] const std::byte* child(const Path::Step& step, unsigned level) const;
  [[nodiscard]] BytesView value_of(const std::byte* leaf, const Page::Node& node) const;
  [[nodiscard]] BytesView big_value(const Page::Node& node) const;

  MDB_env* env_;
  MapPlace map_;
  std::uint64_t root_;
  unsigned depth_;
};

}  // namespace larder::lmdb
