// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "cache/state.h"
#include "larder/cache/keys.h"

namespace larder::detail {

/// One walk over the keys of a cache: reads a batch, lets go of the transaction, and finds its
/// place again for the next.
///
/// Not thread-safe.
class KeyWalk {
 public:
  KeyWalk(std::shared_ptr<CacheCore> core, KeyOrder order, Direction direction);

  /// Moves on. Returns false at the end.
  bool next();

  [[nodiscard]] const Key& key() const { return batch_[at_]; }

 private:
  void fetch();
  Visit take(BytesView engine_key, BytesView value);
  void add(BytesView key);
  void continue_after(BytesView engine_key);

  std::shared_ptr<CacheCore> core_;
  KeyOrder order_;
  Direction direction_;
  std::uint64_t end_sequence_;  // entries from here on came after the walk began
  KeyRange rest_;
  bool is_done_ = false;
  std::vector<Key> batch_;
  std::size_t at_ = 0;
  std::size_t seen_ = 0;  // entries looked at for this batch
  Bytes last_;            // the last of them
};

}  // namespace larder::detail
