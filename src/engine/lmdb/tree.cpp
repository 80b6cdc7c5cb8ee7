// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/tree.h"

#include <algorithm>
#include <string>

namespace larder::lmdb {
namespace {

[[noreturn]] void fail_at(const std::byte* page) {
  fail_damaged("page " + std::to_string(Page(page).number()) + " is not sound");
}

Page::Node node_at(const std::byte* page, std::size_t i) {
  Page::Node node{};
  if (!Page(page).node(i, node)) fail_at(page);
  return node;
}

/// Asks for node `i` of `page`, so that it is there when it is compared: memory takes longer than
/// everything else. Where it really lies is checked then.
void fetch_node(const std::byte* page, std::size_t i) {
  __builtin_prefetch(page + load<std::uint16_t>(page + page_head + 2 * i) % page_bytes);
}

void fetch(BytesView bytes) {
  constexpr std::size_t line = 64;
  constexpr std::size_t most = 2048;  // the processor has noticed by then
  for (std::size_t i = 0; i < std::min(bytes.size(), most); i += line) {
    __builtin_prefetch(bytes.data() + i);
  }
}

/// The child of branch `page` under which `key` belongs. The first has no key: all are above it.
std::size_t child_for(const std::byte* page, BytesView key) {
  std::size_t low = 1;
  std::size_t high = Page(page).count();
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (compare(node_at(page, middle).key, key) <= 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low - 1;
}

}  // namespace

Tree::Tree(MDB_env* env, const MapPlace& map, const TreeRecord& record)
    : env_(env), map_(map), root_(record.root), depth_(record.depth) {
  if (root_ != no_page && (depth_ == 0 || depth_ > deepest_tree)) {
    fail_damaged("a tree without depth");
  }
}

const std::byte* Tree::page_at(std::uint64_t number, std::uint16_t flag) const {
  if (number < 2 || number >= map_.bytes / page_bytes) fail_damaged("a page number out of range");
  const std::byte* data = map_.begin + number * page_bytes;
  const Page page(data);
  if (page.number() != number) {
    fail_damaged("page " + std::to_string(number) + " is another one");
  }
  if (page.flags() != flag || (flag != overflow_flag && !page.has_sound_bounds())) fail_at(data);
  return data;
}

const std::byte* Tree::child(const Path::Step& step, unsigned level) const {
  return page_at(node_at(step.page, step.index).child(), level < depth_ ? branch_flag : leaf_flag);
}

Tree::Path Tree::path_to(std::optional<BytesView> key) const {
  Path path;
  if (root_ == no_page) return path;
  const std::byte* page = page_at(root_, depth_ > 1 ? branch_flag : leaf_flag);
  for (unsigned level = 1; level < depth_; ++level) {
    const std::size_t count = Page(page).count();
    if (count < 2) fail_at(page);
    Path::Step& step = path.branches[level - 1];
    step = {.page = page, .index = key ? child_for(page, *key) : count - 1};
    page = child(step, level + 1);
  }
  path.leaf = page;
  return path;
}

unsigned Tree::fork_level(const Path& path, Direction direction) const noexcept {
  unsigned level = root_ == no_page ? 0 : depth_ - 1;
  for (; level > 0; --level) {
    const Path::Step& step = path.branches[level - 1];
    const bool is_forward = direction == Direction::forward;
    if (step.index != (is_forward ? Page(step.page).count() - 1 : 0)) break;
  }
  return level;
}

const std::byte* Tree::beside(const Path& path, Direction direction) const {
  const unsigned level = fork_level(path, direction);
  if (level == 0) return nullptr;
  const bool is_forward = direction == Direction::forward;
  Path::Step step = path.branches[level - 1];
  is_forward ? ++step.index : --step.index;
  const std::byte* page = child(step, level + 1);
  for (unsigned below = level + 1; below < depth_; ++below) {
    if (Page(page).count() < 2) fail_at(page);
    page = child({.page = page, .index = is_forward ? 0 : Page(page).count() - 1}, below + 1);
  }
  return page;
}

std::optional<BytesView> Tree::separator(const Path& path, Direction direction) const {
  const unsigned level = fork_level(path, direction);
  if (level == 0) return std::nullopt;
  const Path::Step& step = path.branches[level - 1];
  return node_at(step.page, step.index + (direction == Direction::forward ? 1 : 0)).key;
}

std::optional<BytesView> Tree::find(BytesView key) const {
  const std::byte* leaf = path_to(key).leaf;
  if (leaf == nullptr) return std::nullopt;
  std::size_t low = 0;
  std::size_t high = Page(leaf).count();
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (low < middle) fetch_node(leaf, (low + middle) / 2);
    if (middle + 1 < high) fetch_node(leaf, (middle + 1 + high) / 2);
    const Page::Node node = node_at(leaf, middle);
    const auto order = compare(node.key, key);
    if (order == 0) {
      const BytesView value = value_of(leaf, node);
      fetch(value);
      return value;
    }
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return std::nullopt;
}

void Tree::visit_leaves(double place, std::size_t most,
                        FunctionRef<void(const std::byte*)> visit) const {
  if (root_ == no_page) return;
  const std::byte* page = page_at(root_, depth_ > 1 ? branch_flag : leaf_flag);
  if (depth_ == 1) return visit(page);
  for (unsigned level = 1;; ++level) {
    const std::size_t count = Page(page).count();
    if (count < 2) fail_at(page);
    const double at = std::clamp(place, 0.0, 1.0) * static_cast<double>(count);
    std::size_t index = std::min(static_cast<std::size_t>(at), count - 1);
    if (level + 1 == depth_) {
      const std::size_t end = std::min(count, index + most);
      for (; index < end; ++index) visit(child({.page = page, .index = index}, level + 1));
      return;
    }
    page = child({.page = page, .index = index}, level + 1);
    place = at - static_cast<double>(index);
  }
}

BytesView Tree::value_of(const std::byte* leaf, const Page::Node& node) const {
  if ((node.flags & ~big_data) != 0 || !Page(leaf).holds_data_of(node)) fail_at(leaf);
  return (node.flags & big_data) != 0 ? big_value(node) : BytesView(node.data, node.low);
}

BytesView Tree::big_value(const Page::Node& node) const {
  MDB_envinfo info;
  if (mdb_env_info(env_, &info) != MDB_SUCCESS) fail_damaged("its size is unknown");
  const auto number = load<std::uint64_t>(node.data);
  const std::uint64_t pages = info.me_last_pgno + 1;
  if (number >= pages) fail_damaged("a page number out of range");
  const std::byte* data = page_at(number, overflow_flag);
  const std::uint64_t in_row = Page(data).pages_in_row();
  if (in_row > pages - number || page_head + std::uint64_t{node.low} > in_row * page_bytes) {
    fail_at(data);
  }
  return {data + page_head, node.low};
}

}  // namespace larder::lmdb
