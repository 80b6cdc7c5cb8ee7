// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "container/subspace.h"
#include "larder/container/detail/index_core.h"

namespace larder::detail {

/// The parts of an index, one byte each. Stored on disk: never change.
struct IndexSpace {
  static constexpr std::uint8_t meta = 1;
  static constexpr std::uint8_t order = 2;
  static constexpr std::uint8_t entry = 3;
};

/// What an index keeps about itself.
struct IndexMeta {
  std::uint64_t size = 0;
  std::int64_t next_number = 0;  ///< Number of the next new entry. Never used twice.

  friend bool operator==(const IndexMeta&, const IndexMeta&) = default;
};

/// An entry as it is stored.
struct IndexEntry {
  std::int64_t number = 0;  ///< Its place in insertion order.
  BytesView value = {};
};

/// Where an index is, and its records.
struct IndexCore::Place {
  EnginePtr engine;
  Subspace keys;
  ItemType type;

  /// The settings, or those of an empty index if there is none.
  /// @throws Error `invalid_argument` if it holds other types, `corrupt`, `not_supported`
  [[nodiscard]] IndexMeta load(ReadTxn& txn) const;
  [[nodiscard]] bool exists(ReadTxn& txn) const;
  void store(WriteTxn& txn, const IndexMeta& meta) const;

  [[nodiscard]] KeyBuffer entry_key(BytesView key) const;
  [[nodiscard]] KeyBuffer order_key(std::int64_t number) const;
  /// The encoded key of the entry whose record is at `engine_key`.
  [[nodiscard]] BytesView key_of(BytesView engine_key) const;

  /// @throws Error `corrupt`
  [[nodiscard]] std::optional<IndexEntry> find(ReadTxn& txn, BytesView key) const;
  /// The entry of `key`, which an order names.
  [[nodiscard]] IndexEntry get(ReadTxn& txn, BytesView key) const;
  /// The key whose place in insertion order is at `order_key`.
  [[nodiscard]] BytesView key_at(ReadTxn& txn, BytesView order_key) const;
  /// The number below which the order names `key`, or nothing. Reads the whole order.
  /// @throws Error `corrupt` if it may be in a damaged record
  [[nodiscard]] std::optional<std::int64_t> find_in_order(ReadTxn& txn, BytesView key) const;
  /// The first key of a walk, or nothing.
  [[nodiscard]] std::optional<Bytes> end_key(ReadTxn& txn, KeyOrder order,
                                             Direction direction) const;
  void store(WriteTxn& txn, BytesView key, const IndexEntry& entry) const;
};

}  // namespace larder::detail
