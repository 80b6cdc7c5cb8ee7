// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/remains.h"

#include <algorithm>

#include "engine/lmdb/stored_key.h"
#include "larder/core/error.h"

namespace larder::lmdb {
namespace {

struct ReadableHeads {
  std::vector<Head> heads;
  bool has_other_format = false;
};

ReadableHeads readable_heads(BytesView image) {
  ReadableHeads found;
  for (std::size_t i = 0; i < 2 && (i + 1) * page_bytes <= image.size(); ++i) {
    const std::byte* page = image.data() + i * page_bytes;
    const auto head = load<Head>(page + page_head);
    if (head.magic != head_magic || Page(page).flags() != meta_flag) continue;
    if (head.version != 1 || head.free_list.pad != page_bytes) {
      found.has_other_format = true;
    } else {
      found.heads.push_back(head);
    }
  }
  return found;
}

/// The head that was written last, of those that can be read.
Head newest_head(const ReadableHeads& found, std::vector<std::string>& problems) {
  if (found.heads.empty() && found.has_other_format) {
    throw Error(ErrorKind::not_supported, "the database has another format of LMDB");
  }
  if (found.heads.empty()) fail_damaged("both of its heads");
  if (found.heads.size() < 2) {
    problems.emplace_back(
        "one of the two heads of the database file is lost: the last changes may be, too");
  }
  return *std::ranges::max_element(found.heads, {}, &Head::txn);
}

/// Whether `noted` can be the newest head of a file in which these can be read. It may be that of
/// an earlier file, if somebody has put another one in its place.
bool belongs_to(const Head& noted, const ReadableHeads& found) {
  return found.heads.empty() || std::ranges::any_of(found.heads, [&](const Head& head) {
           return head.txn == noted.txn || head.txn + 1 == noted.txn;
         });
}

/// Whether a stored key is one, and that of the long key that stands before the value, if it does.
bool is_own_key(BytesView stored_key, BytesView value) {
  if (!is_long(stored_key)) return !stored_key.empty();
  const std::optional<Pair> pair = unwrap(stored_key, value);
  return pair && !pair->key.empty() && equal(StoredKey(pair->key).bytes(), stored_key);
}

bool has_depth(const TreeRecord& tree) noexcept {
  return tree.depth > 0 && tree.depth <= deepest_tree;
}

}  // namespace

Remains::Remains(BytesView image, const std::optional<Head>& noted) : image_(image) {
  const ReadableHeads found = readable_heads(image);
  const bool is_known = noted && belongs_to(*noted, found);
  const Head head = is_known ? *noted : newest_head(found, problems_);
  in_use_.resize(std::min<std::uint64_t>(head.last_page + 1, image.size() / page_bytes));
  free_.resize(in_use_.size());
  read_free_pages(head.free_list);
  read_tables(head.main);
}

void Remains::report(std::uint64_t page, const std::string& what) {
  problems_.push_back("page " + std::to_string(page) + " of the database file " + what);
}

const std::byte* Remains::page_at(std::uint64_t number, std::uint16_t flag) const noexcept {
  if (number < 2 || number >= pages()) return nullptr;
  const std::byte* page = image_.data() + number * page_bytes;
  const Page view(page);
  if (view.number() != number || view.flags() != flag) return nullptr;
  if (flag != overflow_flag && !view.has_sound_bounds()) return nullptr;
  return page;
}

void Remains::walk(const TreeRecord& tree, VisitLeaf visit) {
  if (tree.root == no_page) return;
  if (!has_depth(tree)) return report(tree.root, "has a tree of an impossible depth");
  walk_page(tree.root, tree.depth - 1U, {}, visit);
}

void Remains::walk_page(std::uint64_t number, unsigned levels_below, const Bounds& bounds,
                        VisitLeaf visit) {
  const std::byte* page = page_at(number, levels_below > 0 ? branch_flag : leaf_flag);
  if (page == nullptr) return report(number, "is damaged or missing");
  if (in_use_[number]) return report(number, "is used twice");
  // An old page of the same entries looks right.
  if (free_[number]) return report(number, "is in use, and listed as free");
  in_use_[number] = true;
  levels_below > 0 ? walk_branch(page, levels_below, bounds, visit) : visit(page, bounds);
}

// A branch page that is not whole leads nowhere: what is below it is found as a stray.
void Remains::walk_branch(const std::byte* page, unsigned levels_below, const Bounds& bounds,
                          VisitLeaf visit) {
  const Page view(page);
  std::vector<Page::Node> nodes(view.count());
  bool is_whole = nodes.size() >= 2;
  for (std::size_t i = 0; i < nodes.size() && is_whole; ++i) {
    is_whole = view.node(i, nodes[i]);
    // The first has no key: it leads to all that is below the second.
    if (i == 0) continue;
    is_whole = is_whole && bounds.hold(nodes[i].key) &&
               (i == 1 || compare(nodes[i - 1].key, nodes[i].key) < 0);
  }
  if (!is_whole) return report(view.number(), "is a damaged branch");
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const Bounds below{
        .from = i == 0 ? bounds.from : nodes[i].key,
        .below = i + 1 < nodes.size() ? std::optional(nodes[i + 1].key) : bounds.below};
    walk_page(nodes[i].child(), levels_below - 1, below, visit);
  }
}

std::vector<Page::Node> Remains::whole_nodes(const std::byte* leaf, std::uint16_t entry_flags) {
  const Page view(leaf);
  if (!is_sound_leaf(leaf, entry_flags)) report(view.number(), "is a damaged leaf");
  struct Found {
    std::size_t place;  // in the order of the page
    const std::byte* begin;
    const std::byte* end;
    Page::Node node;
  };
  std::vector<Found> found;
  for (std::size_t i = 0; i < view.count(); ++i) {
    Page::Node node{};
    if (!view.node(i, node) || (node.flags & ~entry_flags) != 0 || !view.holds_data_of(node)) {
      continue;
    }
    const std::byte* end = node.data + node.bytes_in_page();
    found.push_back({.place = i,
                     .begin = leaf + load<std::uint16_t>(leaf + page_head + 2 * i),
                     .end = end,
                     .node = node});
  }
  std::ranges::sort(found, {}, &Found::begin);
  const std::byte* end_before = leaf;
  std::vector<Found> whole;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const bool is_last = i + 1 == found.size();
    // Of two that lie over each other neither is believed.
    if (found[i].begin >= end_before && (is_last || found[i].end <= found[i + 1].begin)) {
      whole.push_back(found[i]);
    }
    end_before = std::max(end_before, found[i].end);
  }
  std::ranges::sort(whole, {}, &Found::place);
  std::vector<Page::Node> nodes;
  nodes.reserve(whole.size());
  for (const Found& one : whole) nodes.push_back(one.node);
  return nodes;
}

std::optional<BytesView> Remains::value_of(const Page::Node& node) {
  if ((node.flags & big_data) == 0) return BytesView(node.data, node.low);
  const auto number = load<std::uint64_t>(node.data);
  const std::byte* page = page_at(number, overflow_flag);
  if (page == nullptr) return std::nullopt;
  const std::uint64_t in_row = Page(page).pages_in_row();
  if (in_row == 0 || in_row > pages() - number ||
      page_head + std::uint64_t{node.low} > in_row * page_bytes) {
    return std::nullopt;
  }
  // A value that was made shorter may have more pages than it needs; or the number is damaged, and
  // they belong to others.
  const std::uint64_t needed = (page_head + std::uint64_t{node.low} + page_bytes - 1) / page_bytes;
  for (std::uint64_t i = 0; i < needed; ++i) {
    // What an old leaf leads to may be in use by others since.
    if (!sees_strays_ && is_taken(number + i)) report(number, "is a large value among others");
    in_use_[number + i] = true;
  }
  if (in_row > needed) spare_.push_back({.first = number + needed, .count = in_row - needed});
  return BytesView(page + page_head, node.low);
}

std::vector<Remains::Entry> Remains::entries_of(const std::byte* leaf) {
  std::vector<Entry> entries;
  for (const Page::Node& node : whole_nodes(leaf, big_data)) {
    const std::optional<BytesView> value = value_of(node);
    if (value && is_own_key(node.key, *value)) {
      entries.push_back({node.key, *value});
    } else {
      report(Page(leaf).number(), "has an entry whose key or value is damaged or missing");
    }
  }
  return entries;
}

void Remains::read_free_pages(const TreeRecord& tree) {
  const std::size_t problems_before = problems_.size();
  walk(tree, [this](const std::byte* leaf, const Bounds&) {
    const std::vector<Page::Node> nodes = whole_nodes(leaf, big_data);
    for (const Page::Node& node : nodes) take_free_pages(node);
  });
  knows_free_pages_ = problems_.size() == problems_before && tree.flags == integer_key;
}

void Remains::take_free_pages(const Page::Node& node) {
  const std::optional<BytesView> list = value_of(node);
  const std::uint64_t count = list && list->size() >= 8 ? load<std::uint64_t>(list->data()) : 0;
  if (!list || list->size() < 8 || count > list->size() / 8 - 1) {
    problems_.emplace_back("a list of free pages is damaged");
    return;
  }
  for (std::uint64_t i = 1; i <= count; ++i) {
    const auto number = load<std::uint64_t>(list->data() + 8 * i);
    if (number < pages()) free_[number] = true;
  }
}

void Remains::read_tables(const TreeRecord& main) {
  std::optional<TreeRecord> meta;
  walk(main, [&](const std::byte* leaf, const Bounds&) {
    for (const Page::Node& node : whole_nodes(leaf, sub_data)) {
      if (node.flags != sub_data || node.low != sizeof(TreeRecord)) continue;
      const auto tree = load<TreeRecord>(node.data);
      if (as_text(node.key) == "meta") meta = tree;
      if (as_text(node.key) == "data") data_ = tree;
    }
  });
  if (meta) {
    walk(*meta, [this](const std::byte* leaf, const Bounds&) { take_applied(entries_of(leaf)); });
  }
  if (!data_) problems_.emplace_back("the record of the table of entries is lost");
  if (!applied_) problems_.emplace_back("the place in the log is lost");
}

bool Remains::take_applied(const std::vector<Entry>& entries) {
  if (applied_ || entries.size() != 1) return false;
  const Entry& entry = entries.front();
  if (entry.value.size() != sizeof(std::uint64_t) || as_text(entry.key) != "applied") return false;
  applied_ = load<std::uint64_t>(entry.value.data());
  return true;
}

void Remains::visit_ordered(Visit visit) {
  if (!data_) return;
  walk(*data_, [&](const std::byte* leaf, const Bounds& bounds) {
    ++leaves_;
    for (const Entry& entry : entries_of(leaf)) {
      const bool is_above = last_.empty() || compare(entry.key, last_) > 0;
      if (!is_above || !bounds.hold(entry.key)) {
        report(Page(leaf).number(), "has a key that does not belong there");
        misplaced_.push_back(entry);
        continue;
      }
      visit(entry.key, entry.value);
      last_ = to_bytes(entry.key);
    }
  });
}

std::vector<Remains::Leaf> Remains::stray_leaves(const std::vector<bool>& is_spare) {
  std::vector<Leaf> found;
  for (std::uint64_t number = 2; number < pages(); ++number) {
    if (is_taken(number) || is_spare[number]) continue;
    const std::byte* page = page_at(number, leaf_flag);
    if (page != nullptr) found.push_back({.number = number, .entries = entries_of(page)});
  }
  // What looks like a leaf may be a part of a large value: by now it is known which pages are.
  std::erase_if(found, [this](const Leaf& leaf) { return in_use_[leaf.number]; });
  return found;
}

// The list of free pages may be wrong without looking so. Then pages are left over that nobody
// leads to, or there are some that are both free and in use.
bool Remains::tells_strays(std::size_t found) const {
  for (std::uint64_t number = 2; number < pages(); ++number) {
    if (in_use_[number] && free_[number]) return false;
  }
  return knows_free_pages_ && (!data_ || leaves_ + found <= data_->leaf_pages);
}

void Remains::visit_misplaced(Visit visit) const {
  for (const Entry& entry : misplaced_) visit(entry.key, entry.value);
}

void Remains::visit_stray(Visit visit) {
  sees_strays_ = true;
  std::vector<bool> is_spare(pages());
  for (const PageRow& row : spare_) {
    bool is_taken_too = false;
    for (std::uint64_t i = row.first; i < row.first + row.count; ++i) {
      is_spare[i] = true;
      is_taken_too = is_taken_too || is_taken(i);
    }
    if (is_taken_too) report(row.first - 1, "ends a large value that claims the pages of others");
  }
  if (problems_.empty()) return;
  std::vector<Leaf> leaves = stray_leaves(is_spare);
  // That of the log's place is alone in its table.
  std::erase_if(leaves, [this](const Leaf& leaf) { return take_applied(leaf.entries); });
  if (!tells_strays(leaves.size())) {
    problems_.emplace_back(
        "the list of free pages is damaged: entries to which no page leads any more cannot be told "
        "from old ones, and are lost");
    return;
  }
  for (const Leaf& leaf : leaves) {
    for (const Entry& entry : leaf.entries) visit(entry.key, entry.value);
  }
}

}  // namespace larder::lmdb
