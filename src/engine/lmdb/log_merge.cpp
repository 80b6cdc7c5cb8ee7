// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/log_merge.h"

#include <algorithm>

namespace larder::lmdb {

void Layers::sort() noexcept {
  std::sort(layers_.begin(), layers_.begin() + static_cast<std::ptrdiff_t>(count_),
            [](const Layer& a, const Layer& b) {
              return a.segment->base_sequence() > b.segment->base_sequence();
            });
}

LogMerge::LogMerge(const Layers& layers, BytesView from) {
  for (const Layer& layer : layers) {
    walks_[count_++] = Segment::Walk(*layer.segment, from, layer.limit);
  }
  choose();
}

void LogMerge::choose() noexcept {
  best_ = count_;
  for (std::size_t i = 0; i < count_; ++i) {
    if (walks_[i].ended()) continue;
    // Of two that have a key the first is the newer one.
    if (best_ == count_ || compare(walks_[i].entry().key, walks_[best_].entry().key) < 0) best_ = i;
  }
}

void LogMerge::next() noexcept {
  const BytesView key = walks_[best_].entry().key;
  for (std::size_t i = best_; i < count_; ++i) {
    if (!walks_[i].ended() && equal(walks_[i].entry().key, key)) walks_[i].next();
  }
  choose();
}

}  // namespace larder::lmdb
