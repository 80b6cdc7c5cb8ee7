// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "larder/codec/standard.h"
#include "larder/core/bytes.h"
#include "larder/engine/txn.h"

namespace larder::detail {

/// What a cell is for: the byte behind "sync" in its engine key. Stored on disk: never change.
enum class CellKind : std::uint8_t {
  tokens = 0x01,
  bucket = 0x02,
  window = 0x03,
  average = 0x04,
  counter = 0x05,
  once = 0x06,
};

/// One value in the engine, in a frame. docs/format/sync.md describes the bytes.
class Cell {
 public:
  /// `name` is an encoded key, empty where there is only one such cell.
  Cell(CellKind kind, BytesView name);

  /// The value, or nothing if there is none.
  /// @throws Error `corrupt`; `invalid_argument` if it has another type
  template <typename Value>
  [[nodiscard]] std::optional<Value> read(ReadTxn& txn) const {
    const std::optional<BytesView> encoded = read_bytes(txn, Codec<Value>::schema());
    if (!encoded) return std::nullopt;
    return larder::decode<Value>(*encoded);
  }

  template <typename Value>
  void write(WriteTxn& txn, const Value& value) const {
    write_bytes(txn, Codec<Value>::schema(), larder::encode(value));
  }

  /// Returns whether there was a value.
  bool erase(WriteTxn& txn) const { return txn.erase(key_); }

 private:
  [[nodiscard]] std::optional<BytesView> read_bytes(ReadTxn& txn, std::uint64_t schema) const;
  void write_bytes(WriteTxn& txn, std::uint64_t schema, BytesView encoded) const;

  Bytes key_;
};

}  // namespace larder::detail
