// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace larder::detail {

/// An input iterator over what `Source` reads in batches: copies share one position.
/// `Source::read(batch)` adds the next items to an empty `batch`, if any are left, and returns
/// false at the end.
///
/// Not thread-safe.
template <typename Source>
class BatchIterator {
 public:
  using iterator_concept = std::input_iterator_tag;
  using value_type = typename Source::value_type;
  using difference_type = std::ptrdiff_t;

  BatchIterator() = default;
  explicit BatchIterator(Source source)
      : walk_(std::make_shared<Walk>(Walk{.source = std::move(source)})) {
    walk_->fill();
  }

  /// The item here. Valid until the iterator moves.
  const value_type& operator*() const { return walk_->batch[walk_->at]; }
  const value_type* operator->() const { return &**this; }
  BatchIterator& operator++() {
    ++walk_->at;
    walk_->fill();
    return *this;
  }
  void operator++(int) { ++*this; }

  friend bool operator==(const BatchIterator& a, std::default_sentinel_t) {
    return a.walk_ == nullptr || a.walk_->at == a.walk_->batch.size();
  }

 private:
  struct Walk {
    Source source;
    std::vector<value_type> batch = {};
    std::size_t at = 0;

    void fill() {
      while (at == batch.size()) {
        batch.clear();
        at = 0;
        if (!source.read(batch)) return;
      }
    }
  };

  std::shared_ptr<Walk> walk_ = nullptr;
};

}  // namespace larder::detail
