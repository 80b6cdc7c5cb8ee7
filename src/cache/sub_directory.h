// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/layout.h"
#include "larder/core/bytes.h"
#include "larder/engine/txn.h"

namespace larder::detail {

/// What lives below a cache under a name. Stored on disk: never change.
enum class SubKind : std::uint8_t { cache = 'c', queue = 'q' };

/// The sub-caches and queues of one cache: which number belongs to which name. What has a number
/// lives below a prefix of its own, and never gets another one.
///
/// Not thread-safe. Lives inside one transaction.
class SubDirectory {
 public:
  SubDirectory(const Layout& layout, ReadTxn& txn) : layout_(layout), txn_(txn) {}

  /// The number of `name`, or nothing.
  /// @throws Error `corrupt`
  [[nodiscard]] std::optional<std::uint64_t> find(SubKind kind, std::string_view name) const;

  /// All names, sorted.
  [[nodiscard]] std::vector<std::string> names(SubKind kind) const;

  /// `txn` must be the transaction that the directory looks at.
  void add(WriteTxn& txn, SubKind kind, std::string_view name, std::uint64_t number) const;
  void remove(WriteTxn& txn, SubKind kind, std::string_view name) const;

  /// Where what has `number` lives.
  [[nodiscard]] static Bytes prefix_of(const Layout& layout, std::uint64_t number);

 private:
  const Layout& layout_;
  ReadTxn& txn_;
};

}  // namespace larder::detail
