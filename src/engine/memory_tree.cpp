// SPDX-License-Identifier: Apache-2.0
#include "engine/memory_tree.h"

#include <utility>

namespace larder {

namespace {

bool is_empty(const KeyRange& range) noexcept {
  return range.end && compare(*range.end, range.begin) <= 0;
}

}  // namespace

const MemoryTree::Node* MemoryTree::find(BytesView key) const {
  const Node* node = root_.get();
  while (node != nullptr) {
    const auto order = compare(key, node->entry->key);
    if (order == 0) break;
    node = order < 0 ? node->left.get() : node->right.get();
  }
  return node;
}

std::optional<BytesView> MemoryTree::get(BytesView key) const {
  const Node* node = find(key);
  if (node == nullptr) return std::nullopt;
  return BytesView(node->entry->value);
}

void MemoryTree::scan(const KeyRange& range, Direction direction,
                      FunctionRef<Visit(BytesView, BytesView)> visit) const {
  if (!is_empty(range)) scan(root_.get(), range, direction, visit);
}

Visit MemoryTree::scan(const Node* node, const KeyRange& range, Direction direction,
                       FunctionRef<Visit(BytesView, BytesView)> visit) {
  if (node == nullptr) return Visit::more;
  const bool forward = direction == Direction::forward;
  const bool from_begin = compare(node->entry->key, range.begin) >= 0;
  const bool before_end = !range.end || compare(node->entry->key, *range.end) < 0;
  const Node* first = forward ? node->left.get() : node->right.get();
  const Node* second = forward ? node->right.get() : node->left.get();
  if ((forward ? from_begin : before_end) && scan(first, range, direction, visit) == Visit::stop) {
    return Visit::stop;
  }
  if (from_begin && before_end && visit(node->entry->key, node->entry->value) == Visit::stop) {
    return Visit::stop;
  }
  if (forward ? before_end : from_begin) return scan(second, range, direction, visit);
  return Visit::more;
}

MemoryTree::Node& MemoryTree::own(NodePtr& node) const {
  if (node->edit != edit_) {
    node = std::make_shared<Node>(*node);
    node->edit = edit_;
  }
  return *node;
}

void MemoryTree::put(BytesView key, BytesView value, Random& random) {
  auto entry = std::make_shared<const Entry>(Entry{.key = to_bytes(key), .value = to_bytes(value)});
  const std::uint64_t size = entry->size();
  if (const Node* node = find(entry->key)) {
    const std::uint64_t old_size = node->entry->size();
    replace(std::move(entry));
    bytes_ = bytes_ - old_size + size;
    return;
  }
  insert(root_, std::make_shared<Node>(
                    Node{.edit = edit_, .priority = random(), .entry = std::move(entry)}));
  ++entries_;
  bytes_ += size;
}

void MemoryTree::replace(EntryPtr entry) {
  NodePtr* node = &root_;
  for (;;) {
    Node& owned = own(*node);
    const auto order = compare(entry->key, owned.entry->key);
    if (order == 0) {
      owned.entry = std::move(entry);
      return;
    }
    node = order < 0 ? &owned.left : &owned.right;
  }
}

void MemoryTree::insert(NodePtr& node, NodePtr fresh) const {
  NodePtr* place = &node;
  while (*place != nullptr && (*place)->priority >= fresh->priority) {
    Node& owned = own(*place);
    place = compare(fresh->entry->key, owned.entry->key) < 0 ? &owned.left : &owned.right;
  }
  Halves halves = split(*place, fresh->entry->key);
  fresh->left = std::move(halves.below);
  fresh->right = std::move(halves.rest);
  *place = std::move(fresh);
}

MemoryTree::Halves MemoryTree::split(NodePtr node, BytesView key) const {
  if (node == nullptr) return {};
  Node& owned = own(node);
  if (compare(owned.entry->key, key) < 0) {
    Halves halves = split(std::move(owned.right), key);
    owned.right = std::move(halves.below);
    return {.below = std::move(node), .rest = std::move(halves.rest)};
  }
  Halves halves = split(std::move(owned.left), key);
  owned.left = std::move(halves.rest);
  return {.below = std::move(halves.below), .rest = std::move(node)};
}

MemoryTree::NodePtr MemoryTree::merge(NodePtr below, NodePtr rest) const {
  if (below == nullptr) return rest;
  if (rest == nullptr) return below;
  if (below->priority >= rest->priority) {
    Node& owned = own(below);
    owned.right = merge(std::move(owned.right), std::move(rest));
    return below;
  }
  Node& owned = own(rest);
  owned.left = merge(std::move(below), std::move(owned.left));
  return rest;
}

bool MemoryTree::erase(BytesView key) {
  const Node* found = find(key);
  if (found == nullptr) return false;
  // `key` may be a view into the entry that goes away.
  const EntryPtr entry = found->entry;
  NodePtr* place = &root_;
  for (;;) {
    Node& owned = own(*place);
    const auto order = compare(entry->key, owned.entry->key);
    if (order == 0) break;
    place = order < 0 ? &owned.left : &owned.right;
  }
  *place = merge(std::move((*place)->left), std::move((*place)->right));
  --entries_;
  bytes_ -= entry->size();
  return true;
}

std::uint64_t MemoryTree::erase_range(const KeyRange& range) {
  if (is_empty(range)) return 0;
  const std::uint64_t before = entries_;
  Halves outer = split(std::move(root_), range.begin);
  Halves inner;
  if (range.end) {
    inner = split(std::move(outer.rest), *range.end);
  } else {
    inner.below = std::move(outer.rest);
  }
  forget(inner.below.get());
  root_ = merge(std::move(outer.below), std::move(inner.rest));
  return before - entries_;
}

void MemoryTree::forget(const Node* node) {
  if (node == nullptr) return;
  forget(node->left.get());
  forget(node->right.get());
  --entries_;
  bytes_ -= node->entry->size();
}

}  // namespace larder
