// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/page_check.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <unordered_set>
#include <vector>

#include "engine/lmdb/file_image.h"
#include "engine/lmdb/page.h"
#include "larder/core/error.h"

namespace larder::lmdb {
namespace {

/// Walks the trees of one snapshot.
class Walk {
 public:
  Walk(BytesView image, std::uint64_t last_page)
      : map_(image.data()),
        last_page_(last_page),
        seen_(std::min<std::uint64_t>(last_page + 1, image.size() / page_bytes)) {}

  void free_list(const TreeRecord& tree) {
    check_tree(tree, integer_key);
    if (tree.root != no_page) visit(tree.root, 1, tree.depth, Leaves::free_list);
  }
  void main(const TreeRecord& tree) {
    check_tree(tree, 0);
    if (tree.root != no_page) visit(tree.root, 1, tree.depth, Leaves::tables);
  }
  /// Pages that the file lacks must be free ones: large values of users are not looked at here, and
  /// to read what is not there would be fatal.
  void end() const {
    std::uint64_t number = seen_.size();
    while (free_beyond_.contains(number)) ++number;
    if (number <= last_page_) fail_missing(number);
  }

 private:
  enum class Leaves { free_list, tables, meta, data };

  void check_tree(const TreeRecord& tree, std::uint16_t flags) const {
    if (tree.flags != flags || tree.depth > deepest_tree) fail_damaged("a tree of an unknown kind");
    if (tree.root != no_page && tree.depth == 0) fail_damaged("a tree without depth");
  }

  void check_number(std::uint64_t number) const {
    if (number < 2 || number > last_page_) fail_damaged("a page number out of range");
    if (number >= seen_.size()) fail_missing(number);
  }

  [[noreturn]] static void fail_missing(std::uint64_t number) {
    fail_damaged("it is cut short; page " + std::to_string(number) + " is missing");
  }

  const std::byte* page(std::uint64_t number) const {
    check_number(number);
    const std::byte* data = map_ + number * page_bytes;
    if (Page(data).number() != number)
      fail_damaged("page " + std::to_string(number) + " is another one");
    return data;
  }

  void visit(std::uint64_t number, unsigned level, unsigned depth, Leaves leaves) {
    check_number(number);
    if (seen_[number]) fail_damaged("page " + std::to_string(number) + " is used twice");
    seen_[number] = true;
    // Leaves of users' data are many: each is checked before LMDB looks into it.
    if (level == depth && leaves == Leaves::data) return;
    const std::byte* data = page(number);
    const Page view(data);
    if (!view.has_sound_bounds())
      fail_damaged("page " + std::to_string(number) + " has bad bounds");
    if (level < depth) {
      visit_branch(view, level, depth, leaves);
    } else {
      visit_leaf(data, leaves);
    }
  }

  void visit_branch(const Page& view, unsigned level, unsigned depth, Leaves leaves) {
    if (view.flags() != branch_flag || view.count() < 2) fail_damaged("a branch page is none");
    BytesView before;
    for (std::size_t i = 0; i < view.count(); ++i) {
      Page::Node node{};
      if (!view.node(i, node)) fail_damaged("a branch node reaches out of its page");
      // Those of the list of free pages are numbers, and the first has no key.
      if (leaves == Leaves::data && i > 1 && compare(before, node.key) >= 0) {
        fail_damaged("the keys of a branch page are out of order");
      }
      before = node.key;
      visit(node.child(), level + 1, depth, leaves);
    }
  }

  void visit_leaf(const std::byte* data, Leaves leaves) {
    const Page view(data);
    if (!is_sound_leaf(data, leaves == Leaves::tables ? sub_data : big_data)) {
      fail_damaged("a leaf page is none");
    }
    if (leaves == Leaves::meta) return;
    for (std::size_t i = 0; i < view.count(); ++i) {
      Page::Node node{};
      if (!view.node(i, node)) fail_damaged("a leaf node reaches out of its page");
      leaves == Leaves::tables ? visit_table(node) : check_free_pages(node);
    }
  }

  void visit_table(const Page::Node& node) {
    if (node.flags != sub_data || node.low != sizeof(TreeRecord)) fail_damaged("an unknown table");
    const auto tree = load<TreeRecord>(node.data);
    check_tree(tree, 0);
    const Leaves leaves = as_text(node.key) == "meta" ? Leaves::meta : Leaves::data;
    if (tree.root != no_page) visit(tree.root, 1, tree.depth, leaves);
  }

  void check_free_pages(const Page::Node& node) {
    const std::byte* list = node.data;
    if ((node.flags & big_data) != 0) {
      const auto first = load<std::uint64_t>(list);
      const std::byte* overflow = page(first);
      const std::uint64_t pages = Page(overflow).pages_in_row();
      if (Page(overflow).flags() != overflow_flag || pages == 0 || first + pages > seen_.size() ||
          page_head + std::uint64_t{node.low} > pages * page_bytes) {
        fail_damaged("a bad overflow page in the list of free pages");
      }
      list = overflow + page_head;
    }
    if (node.low < 8 || node.key.size() != 8) fail_damaged("a bad list of free pages");
    const auto count = load<std::uint64_t>(list);
    if (count > node.low / 8 - 1) fail_damaged("a list of free pages without end");
    std::uint64_t above = last_page_ + 1;
    for (std::uint64_t i = 1; i <= count; ++i) {
      const auto number = load<std::uint64_t>(list + 8 * i);
      if (number < 2 || number >= above) fail_damaged("a free page out of order");
      above = number;
      if (number >= seen_.size()) free_beyond_.insert(number);
    }
  }

  const std::byte* map_;
  std::uint64_t last_page_;
  std::vector<bool> seen_;  // the file's pages; it may end before the last page
  std::unordered_set<std::uint64_t> free_beyond_;
};

}  // namespace

bool is_unfinished(BytesView image) noexcept {
  if (image.size() != 2 * page_bytes) return false;
  bool is_whole = true;
  for (std::size_t i = 0; i < 2; ++i) {
    constexpr std::size_t sector_bytes = 512;  // the least that a device writes; a head fits
    const BytesView sector = image.subspan(i * page_bytes, sector_bytes);
    const auto head = load<Head>(sector.data() + page_head);
    const bool is_first = head.magic == head_magic && head.txn == 0 && head.last_page == 1;
    const bool is_lost = std::ranges::all_of(sector, [](std::byte b) { return b == std::byte{0}; });
    if (!is_first && !is_lost) return false;
    is_whole = is_whole && is_first;
  }
  return !is_whole;
}

Head check_heads(BytesView image) {
  if (image.size() < 2 * page_bytes) {
    fail_damaged("it is cut short to " + std::to_string(image.size()) + " bytes");
  }
  Head heads[2];
  for (std::size_t i = 0; i < 2; ++i) {
    const std::byte* page = image.data() + i * page_bytes;
    heads[i] = load<Head>(page + page_head);
    if (heads[i].magic != head_magic || Page(page).flags() != meta_flag)
      fail_damaged("a head page is none");
    if (heads[i].version != 1 || heads[i].free_list.pad != page_bytes) {
      throw Error(ErrorKind::not_supported, "the database has another format of LMDB");
    }
  }
  // Successive transactions write the heads in turn.
  const auto [older, newer] = std::minmax(heads[0].txn, heads[1].txn);
  if (newer - older > 1 || (newer != older && heads[newer & 1U].txn != newer)) {
    fail_damaged("its heads do not belong together");
  }
  const Head& head = heads[0].txn < heads[1].txn ? heads[1] : heads[0];
  // The file may end before its last page: LMDB does not write pages that a transaction took and
  // gave back, and who would have enlarged the file after it may have been killed. See Walk::end.
  if (head.last_page < 1 || head.last_page >= head.map_bytes / page_bytes) {
    fail_damaged("its last page is " + std::to_string(head.last_page));
  }
  return head;
}

void check_image(BytesView image) {
  const Head head = check_heads(image);
  Walk walk(image, head.last_page);
  walk.free_list(head.free_list);
  walk.main(head.main);
  walk.end();
}

std::uint64_t check_file(Io& io, const std::filesystem::path& file) {
  struct stat status{};
  const int result = io.stat(file, status);
  if (result == -ENOENT) return 0;
  if (result < 0) throw system_error(-result, "open " + file.string());
  const FileImage image(io, file);
  if (image.bytes().empty() || is_unfinished(image.bytes())) return 0;
  try {
    check_image(image.bytes());
  } catch (const Error& error) {
    throw Error(error.kind(), file.string() + ": " + error.what());
  }
  return image.bytes().size();
}

}  // namespace larder::lmdb
