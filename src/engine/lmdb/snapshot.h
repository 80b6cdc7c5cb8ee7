// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "engine/lmdb/empty_ranges.h"
#include "engine/lmdb/log_merge.h"
#include "engine/lmdb/table_view.h"
#include "larder/engine/txn.h"

namespace larder::lmdb {

/// One moment of the engine: what had reached LMDB, under what the log says on top of it. Valid as
/// long as the transaction in `table` runs, which also keeps the segments from being used anew.
struct Snapshot {
  TableView table = {};
  const Segment* active = nullptr;  ///< Newest entries; null if there are none.
  std::uint64_t active_limit = 0;
  Layers sealed = {};  ///< Older entries.

  /// All that the log holds.
  [[nodiscard]] Layers log() const;

  /// The value of `key`, both in stored form.
  [[nodiscard]] std::optional<BytesView> get(BytesView key) const;

  /// Keys that have a value. Looks at everything the log holds.
  [[nodiscard]] std::uint64_t entries() const;

  /// As `ReadTxn::scan`. Who writes also gives what it knows of `empty` ranges, and learns of more.
  void scan(const KeyRange& range, Direction direction,
            FunctionRef<Visit(BytesView key, BytesView value)> visit,
            EmptyRanges* empty = nullptr) const;
};

/// The `ReadTxn` that a view gets.
class SnapshotTxn final : public ReadTxn {
 public:
  explicit SnapshotTxn(const Snapshot& snapshot) noexcept : snapshot_(snapshot) {}

 private:
  std::optional<BytesView> do_get(BytesView key) override;
  void do_scan(const KeyRange& range, Direction direction,
               FunctionRef<Visit(BytesView, BytesView)> visit) override;

  const Snapshot& snapshot_;
};

/// `Snapshot::get` for a key of any length.
[[nodiscard]] std::optional<BytesView> get_unwrapped(const Snapshot& snapshot, BytesView key);

}  // namespace larder::lmdb
