// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
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
  KeyWalk(std::shared_ptr<const CacheCore> core, KeyOrder order, Direction direction);

  /// Over the keys that begin with `prefix`, in key order.
  [[nodiscard]] static KeyWalk over_prefix(std::shared_ptr<const CacheCore> core, BytesView prefix);
  /// Over the keys of the entries that carry `tag`, in insertion order.
  [[nodiscard]] static KeyWalk over_tag(std::shared_ptr<const CacheCore> core,
                                        std::string_view tag);

  /// Moves on. Returns false at the end.
  bool next();

  [[nodiscard]] const Key& key() const { return walks_.empty() ? batch_[at_] : walks_[at_].key(); }

 private:
  // What the walk goes over: records, or an index, whose values are keys.
  enum class Over { records, index };
  KeyWalk(std::shared_ptr<const CacheCore> core, Over over, Direction direction);

  bool next_of_parts();
  void fetch();
  Visit take(std::uint64_t first, BytesView engine_key, BytesView value);
  void add(BytesView key);

  std::shared_ptr<const CacheCore> core_;
  Over over_;
  Direction direction_;
  std::uint64_t end_sequence_;  // entries from here on came after the walk began
  KeyRange rest_ = {};
  bool is_done_ = false;
  std::vector<Key> batch_;
  std::size_t at_ = 0;
  std::size_t seen_ = 0;  // entries looked at for this batch
  Bytes last_;            // the last of them
  // Of a cache in shards: a walk over each, and which of them have a key.
  std::vector<KeyWalk> walks_;
  std::vector<bool> has_key_;
  bool is_merging_ = false;
};

}  // namespace larder::detail
