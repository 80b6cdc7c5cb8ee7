// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/lmdb/page.h"
#include "larder/core/bytes.h"
#include "larder/core/function_ref.h"

namespace larder::lmdb {

/// What can be read of a database file in which anything may be damaged. Believes no page: passes
/// over what is not sound, and says so.
///
/// Leaf pages to which no sound branch page leads any more are found too, if the list of free pages
/// is whole: without it they cannot be told from pages that are long out of use.
///
/// Looks into `image`, which must outlive it, as do the views that it hands out. Not thread-safe.
class Remains {
 public:
  /// `noted` is the newest head, if it is known from elsewhere; passed over if it cannot be.
  /// @throws Error `corrupt` if no head page can be read, `not_supported` if it is no LMDB 0.9 file
  explicit Remains(BytesView image, const std::optional<Head>& noted = std::nullopt);

  using Visit = FunctionRef<void(BytesView key, BytesView value)>;
  /// The entries that are where they belong, in the order of their keys.
  void visit_ordered(Visit visit);
  /// Once `visit_ordered()` was called: those that are not where they belong, in no order. Most
  /// likely a key is damaged; one that was shown before may be the damaged one.
  void visit_misplaced(Visit visit) const;
  /// Once `visit_ordered()` was called: the entries of pages that no page leads to any more, in no
  /// order. A key that was shown before is old.
  void visit_stray(Visit visit);

  /// Up to which number the log has been applied; nothing if that is lost.
  [[nodiscard]] std::optional<std::uint64_t> applied() const noexcept { return applied_; }
  /// How many entries there were before the damage; 0 if nobody knows.
  [[nodiscard]] std::uint64_t entries() const noexcept { return data_ ? data_->entries : 0; }
  /// One line for each thing that is damaged, as far as it was looked at.
  [[nodiscard]] const std::vector<std::string>& problems() const noexcept { return problems_; }

 private:
  struct Entry {
    BytesView key;
    BytesView value;
  };
  struct PageRow {
    std::uint64_t first;
    std::uint64_t count;
  };
  struct Leaf {
    std::uint64_t number;
    std::vector<Entry> entries;
  };
  /// The keys that a page may hold; without end if `below` is missing.
  struct Bounds {
    BytesView from;
    std::optional<BytesView> below;
    [[nodiscard]] bool hold(BytesView key) const noexcept {
      return compare(key, from) >= 0 && (!below || compare(key, *below) < 0);
    }
  };
  using VisitLeaf = FunctionRef<void(const std::byte* leaf, const Bounds& bounds)>;

  void read_tables(const TreeRecord& main);
  void read_free_pages(const TreeRecord& tree);
  void take_free_pages(const Page::Node& node);
  void walk(const TreeRecord& tree, VisitLeaf visit);
  void walk_page(std::uint64_t number, unsigned levels_below, const Bounds& bounds,
                 VisitLeaf visit);
  void walk_branch(const std::byte* page, unsigned levels_below, const Bounds& bounds,
                   VisitLeaf visit);
  /// The page with `number` if it is one of kind `flag` in its place.
  [[nodiscard]] const std::byte* page_at(std::uint64_t number, std::uint16_t flag) const noexcept;
  /// The nodes of `leaf` that lie in it, and not over others.
  [[nodiscard]] std::vector<Page::Node> whole_nodes(const std::byte* leaf,
                                                    std::uint16_t entry_flags);
  /// The entries of `leaf` whose values can be found, as they stand there.
  [[nodiscard]] std::vector<Entry> entries_of(const std::byte* leaf);
  [[nodiscard]] std::optional<BytesView> value_of(const Page::Node& node);
  /// Takes the place in the log from the only entry of its table. False if this is not it.
  bool take_applied(const std::vector<Entry>& entries);
  /// Leaves that nothing leads to, and that are no pages which `is_spare`.
  [[nodiscard]] std::vector<Leaf> stray_leaves(const std::vector<bool>& is_spare);
  /// Whether page `number` is in use, or free to be.
  [[nodiscard]] bool is_taken(std::uint64_t number) const noexcept {
    return in_use_[number] || free_[number];
  }
  /// Whether `found` leaves that nothing leads to are in use, and none of them is old.
  [[nodiscard]] bool tells_strays(std::size_t found) const;
  void report(std::uint64_t page, const std::string& what);
  [[nodiscard]] std::uint64_t pages() const noexcept { return in_use_.size(); }

  BytesView image_;
  std::optional<TreeRecord> data_;
  std::optional<std::uint64_t> applied_;
  std::vector<bool> in_use_;    ///< Pages that something leads to.
  std::vector<bool> free_;      ///< Pages that the list of free pages has.
  std::vector<PageRow> spare_;  ///< Pages that large values have and do not need, or so they say.
  bool sees_strays_ = false;    ///< What is read may be old.
  std::uint64_t leaves_ = 0;    ///< Leaf pages of users' data that a branch leads to.
  bool knows_free_pages_ = true;
  std::vector<Entry> misplaced_;
  Bytes last_;  ///< The highest key that `visit_ordered()` has shown.
  std::vector<std::string> problems_;
};

}  // namespace larder::lmdb
