// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/packing.h"

#include <cstddef>

namespace larder::lmdb {
namespace {

constexpr std::size_t room = page_bytes - page_head;

/// Packs entries into pages one after the other, as a copy does.
class Packing {
 public:
  void add_leaf(const std::byte* leaf) {
    const Page page(leaf);
    ++leaves_;
    for (std::size_t i = 0; i < page.count(); ++i) {
      Page::Node node{};
      if (page.node(i, node)) add(node);
    }
  }
  [[nodiscard]] double share() const noexcept {
    if (leaves_ == 0) return 1.0;
    return (full_ + static_cast<double>(used_) / room) / static_cast<double>(leaves_);
  }

 private:
  void add(const Page::Node& node) {
    constexpr std::size_t node_head = 8;
    constexpr std::size_t place = 2;  // that leads to it
    std::size_t bytes = place + node_head + node.key.size() + node.bytes_in_page();
    bytes += bytes % 2;
    if (used_ + bytes > room) {
      full_ += 1.0;
      used_ = 0;
    }
    used_ += bytes;
  }

  std::size_t leaves_ = 0;
  double full_ = 0;
  std::size_t used_ = 0;
};

}  // namespace

double packed_share(const Tree& tree) {
  constexpr int samples = 16;
  constexpr std::size_t leaves_in_sample = 8;
  Packing packing;
  for (int i = 0; i < samples; ++i) {
    tree.visit_leaves((i + 0.5) / samples, leaves_in_sample,
                      [&](const std::byte* leaf) { packing.add_leaf(leaf); });
  }
  return packing.share();
}

}  // namespace larder::lmdb
