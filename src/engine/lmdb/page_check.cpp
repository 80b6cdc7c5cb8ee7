// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/page_check.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "larder/core/error.h"

namespace larder::lmdb {
namespace {

constexpr std::uint16_t branch_flag = 1;
constexpr std::uint16_t leaf_flag = 2;
constexpr std::uint16_t overflow_flag = 4;
constexpr std::uint16_t meta_flag = 8;
constexpr std::uint16_t big_data = 1;
constexpr std::uint16_t sub_data = 2;
constexpr std::uint16_t integer_key = 8;
constexpr std::size_t page_head = 16;
constexpr std::size_t node_head = 8;
constexpr std::uint64_t no_root = ~std::uint64_t{0};
constexpr unsigned deepest = 32;

template <typename T>
T load(const std::byte* from) noexcept {
  T value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

/// The record of one tree, in a head page or in the table of tables.
struct Tree {
  std::uint32_t pad;
  std::uint16_t flags;
  std::uint16_t depth;
  std::uint64_t branch_pages;
  std::uint64_t leaf_pages;
  std::uint64_t overflow_pages;
  std::uint64_t entries;
  std::uint64_t root;
};
static_assert(sizeof(Tree) == 48);

/// A head page behind its page header.
struct Head {
  std::uint32_t magic;
  std::uint32_t version;
  std::uint64_t address;
  std::uint64_t map_bytes;
  Tree free_list;
  Tree main;
  std::uint64_t last_page;
  std::uint64_t txn;
};
static_assert(sizeof(Head) == 136);

/// Reads the parts of a page without leaving it.
class Page {
 public:
  explicit Page(const std::byte* data) noexcept : data_(data) {}

  [[nodiscard]] std::uint16_t flags() const noexcept { return load<std::uint16_t>(data_ + 10); }
  [[nodiscard]] bool has_sound_bounds() const noexcept {
    return lower() >= page_head && lower() <= upper() && upper() <= page_bytes && lower() % 2 == 0;
  }
  [[nodiscard]] std::size_t count() const noexcept { return (lower() - page_head) / 2; }

  struct Node {
    std::uint32_t low;    ///< Size of the data, or the lower bits of a child's page number.
    std::uint16_t flags;  ///< Kind of data, or the upper bits of a child's page number.
    std::uint16_t key_bytes;
    std::size_t data_at;  ///< Offset of the data in the page.
  };
  /// Node `i`; nothing if it does not lie in the page.
  [[nodiscard]] bool node(std::size_t i, Node& out) const noexcept {
    const std::size_t at = load<std::uint16_t>(data_ + page_head + 2 * i);
    if (at < upper() || at + node_head > page_bytes || at % 2 != 0) return false;
    out.low = load<std::uint32_t>(data_ + at);
    out.flags = load<std::uint16_t>(data_ + at + 4);
    out.key_bytes = load<std::uint16_t>(data_ + at + 6);
    out.data_at = at + node_head + out.key_bytes;
    return out.data_at <= page_bytes;
  }

 private:
  [[nodiscard]] std::size_t lower() const noexcept { return load<std::uint16_t>(data_ + 12); }
  [[nodiscard]] std::size_t upper() const noexcept { return load<std::uint16_t>(data_ + 14); }

  const std::byte* data_;
};

[[noreturn]] void fail(const std::string& what) {
  throw Error(ErrorKind::corrupt, "the database file is damaged: " + what);
}

/// Walks the trees of one snapshot.
class Walk {
 public:
  Walk(BytesView image, std::uint64_t last_page)
      : map_(image.data()),
        last_page_(last_page),
        seen_(std::min<std::uint64_t>(last_page + 1, image.size() / page_bytes)) {}

  void free_list(const Tree& tree) {
    check_tree(tree, integer_key);
    if (tree.root != no_root) visit(tree.root, 1, tree.depth, Leaves::free_list);
  }
  void main(const Tree& tree) {
    check_tree(tree, 0);
    if (tree.root != no_root) visit(tree.root, 1, tree.depth, Leaves::tables);
  }

 private:
  enum class Leaves { free_list, tables, data };

  void check_tree(const Tree& tree, std::uint16_t flags) const {
    if (tree.flags != flags || tree.depth > deepest) fail("a tree of an unknown kind");
    if (tree.root != no_root && tree.depth == 0) fail("a tree without depth");
  }

  void check_number(std::uint64_t number) const {
    if (number < 2 || number > last_page_) fail("a page number out of range");
    if (number >= seen_.size())
      fail("it is cut short; page " + std::to_string(number) + " is missing");
  }

  const std::byte* page(std::uint64_t number) const {
    check_number(number);
    const std::byte* data = map_ + number * page_bytes;
    if (page_number(data) != number) fail("page " + std::to_string(number) + " is another one");
    return data;
  }

  void visit(std::uint64_t number, unsigned level, unsigned depth, Leaves leaves) {
    check_number(number);
    if (seen_[number]) fail("page " + std::to_string(number) + " is used twice");
    seen_[number] = true;
    // Leaves of users' data are many: those are checked when they are changed.
    if (level == depth && leaves == Leaves::data) return;
    const std::byte* data = page(number);
    const Page view(data);
    if (!view.has_sound_bounds()) fail("page " + std::to_string(number) + " has bad bounds");
    if (level < depth) {
      visit_branch(view, level, depth, leaves);
    } else {
      visit_leaf(data, leaves);
    }
  }

  void visit_branch(const Page& view, unsigned level, unsigned depth, Leaves leaves) {
    if (view.flags() != branch_flag || view.count() < 2) fail("a branch page is none");
    for (std::size_t i = 0; i < view.count(); ++i) {
      Page::Node node{};
      if (!view.node(i, node)) fail("a branch node reaches out of its page");
      visit(node.low | (std::uint64_t{node.flags} << 32U), level + 1, depth, leaves);
    }
  }

  void visit_leaf(const std::byte* data, Leaves leaves) {
    const Page view(data);
    if (view.flags() != leaf_flag || !is_sound_leaf(data)) fail("a leaf page is none");
    for (std::size_t i = 0; i < view.count(); ++i) {
      Page::Node node{};
      if (!view.node(i, node)) fail("a leaf node reaches out of its page");
      if (leaves == Leaves::tables) {
        visit_table(data + node.data_at, node);
      } else {
        check_free_pages(data, node);
      }
    }
  }

  void visit_table(const std::byte* data, const Page::Node& node) {
    if (node.flags != sub_data || node.low != sizeof(Tree)) fail("an unknown table");
    const Tree tree = load<Tree>(data);
    check_tree(tree, 0);
    if (tree.root != no_root) visit(tree.root, 1, tree.depth, Leaves::data);
  }

  void check_free_pages(const std::byte* leaf, const Page::Node& node) {
    const std::byte* list = leaf + node.data_at;
    if ((node.flags & big_data) != 0) {
      const auto first = load<std::uint64_t>(list);
      const std::byte* overflow = page(first);
      const std::uint64_t pages = load<std::uint32_t>(overflow + 12);
      if (Page(overflow).flags() != overflow_flag || pages == 0 || first + pages > seen_.size() ||
          page_head + std::uint64_t{node.low} > pages * page_bytes) {
        fail("a bad overflow page in the list of free pages");
      }
      list = overflow + page_head;
    }
    if (node.low < 8 || node.key_bytes != 8) fail("a bad list of free pages");
    const auto count = load<std::uint64_t>(list);
    if (count > node.low / 8 - 1) fail("a list of free pages without end");
    std::uint64_t above = last_page_ + 1;
    for (std::uint64_t i = 1; i <= count; ++i) {
      const auto number = load<std::uint64_t>(list + 8 * i);
      if (number < 2 || number >= above) fail("a free page out of order");
      above = number;
    }
  }

  const std::byte* map_;
  std::uint64_t last_page_;
  std::vector<bool> seen_;  // the file's pages; it may end before the last page
};

Head check_heads(const std::byte* map) {
  Head heads[2];
  for (std::size_t i = 0; i < 2; ++i) {
    const std::byte* page = map + i * page_bytes;
    heads[i] = load<Head>(page + page_head);
    if (heads[i].magic != 0xBEEFC0DEU || Page(page).flags() != meta_flag)
      fail("a head page is none");
    if (heads[i].version != 1 || heads[i].free_list.pad != page_bytes) {
      throw Error(ErrorKind::not_supported, "the database has another format of LMDB");
    }
  }
  // Successive transactions write the heads in turn.
  const auto [older, newer] = std::minmax(heads[0].txn, heads[1].txn);
  if (newer - older > 1 || (newer != older && heads[newer & 1U].txn != newer)) {
    fail("its heads do not belong together");
  }
  const Head& head = heads[0].txn < heads[1].txn ? heads[1] : heads[0];
  // The file may end before its last page: LMDB does not write pages that a transaction took and
  // gave back, and who would have enlarged the file after it may have been killed.
  if (head.last_page < 1 || head.last_page >= head.map_bytes / page_bytes) {
    fail("its last page is " + std::to_string(head.last_page));
  }
  return head;
}

}  // namespace

std::uint64_t page_number(const std::byte* page) noexcept { return load<std::uint64_t>(page); }

bool is_sound_leaf(const std::byte* page) noexcept {
  const Page view(page);
  if (!view.has_sound_bounds() || (view.flags() & leaf_flag) == 0) return false;
  for (std::size_t i = 0; i < view.count(); ++i) {
    Page::Node node{};
    if (!view.node(i, node)) return false;
    const std::size_t size = (node.flags & big_data) != 0 ? 8 : node.low;
    if (size > page_bytes - node.data_at) return false;
  }
  return true;
}

KeyPlace place_of_key(const void* key) noexcept {
  const std::byte* page = page_of(key);
  const std::size_t count = Page(page).count();
  const auto at = [&](std::size_t i) {
    return page + load<std::uint16_t>(page + page_head + 2 * i) + node_head;
  };
  for (std::size_t i = 0; i < count; ++i) {
    if (at(i) != key) continue;
    return {.is_key = true,
            .before = i == 0 ? nullptr : at(i - 1),
            .behind = i + 1 == count ? nullptr : at(i + 1)};
  }
  return {};
}

PageKeys page_keys(const std::byte* page) noexcept {
  const Page view(page);
  const auto key = [&](std::size_t i) {
    const std::size_t at = load<std::uint16_t>(page + page_head + 2 * i);
    return BytesView(page + at + node_head, load<std::uint16_t>(page + at + 6));
  };
  return {.first = key(0), .last = key(view.count() - 1)};
}

void check_image(BytesView image) {
  if (image.size() < 2 * page_bytes) {
    fail("it is cut short to " + std::to_string(image.size()) + " bytes");
  }
  const Head head = check_heads(image.data());
  Walk walk(image, head.last_page);
  walk.free_list(head.free_list);
  walk.main(head.main);
}

std::uint64_t check_file(Io& io, const std::filesystem::path& file) {
  struct stat status{};
  const int result = io.stat(file, status);
  if (result == -ENOENT) return 0;
  if (result < 0) throw system_error(-result, "open " + file.string());
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size == 0) return 0;
  const File handle(io, file, O_RDONLY | O_NOFOLLOW);
  void* map = io.mmap(size, PROT_READ, MAP_SHARED, handle.fd(), 0);
  if (map == MAP_FAILED) throw system_error(errno, "map " + file.string());
  try {
    check_image({static_cast<const std::byte*>(map), size});
  } catch (const Error& error) {
    io.munmap(map, size);
    throw Error(error.kind(), file.string() + ": " + error.what());
  }
  io.munmap(map, size);
  return size;
}

}  // namespace larder::lmdb
