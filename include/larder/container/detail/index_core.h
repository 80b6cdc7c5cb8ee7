// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "larder/container/detail/type_name.h"
#include "larder/core/bytes.h"
#include "larder/core/function_ref.h"
#include "larder/engine/engine.h"
#include "larder/key/key_order.h"

namespace larder::detail {

/// Sees an encoded key and the encoding of its value, valid during the call.
using IndexVisitor = FunctionRef<void(BytesView key, BytesView value)>;
using IndexValueVisitor = FunctionRef<void(BytesView value)>;

/// An encoded key and an encoded value.
using EncodedEntry = std::pair<Bytes, Bytes>;

/// Whether storing an entry may replace the one that is there.
enum class Replacing { yes, no };

/// Where a walk over an index is.
struct IndexCursor {
  KeyOrder order = KeyOrder::insertion;
  Direction direction = Direction::forward;
  KeyRange rest = {};  ///< Engine keys to come.
  /// Entries with this number or higher came later.
  std::int64_t numbers = std::numeric_limits<std::int64_t>::max();
  bool is_done = false;
};

/// Everything that `Index` does, on encoded keys and values. What a visitor throws undoes the
/// operation.
///
/// Thread-safe. Held by `std::shared_ptr`.
class IndexCore {
 public:
  [[nodiscard]] static std::shared_ptr<IndexCore> open(EnginePtr engine, std::string_view name,
                                                       const ItemType& type);
  ~IndexCore();
  IndexCore(const IndexCore&) = delete;
  IndexCore& operator=(const IndexCore&) = delete;

  [[nodiscard]] const EnginePtr& engine() const noexcept;
  [[nodiscard]] std::uint64_t size() const;

  /// Shows the value of `key`. Returns whether there is one.
  bool get(BytesView key, IndexValueVisitor visit) const;
  /// Whether there is a value of `key`, damaged or not.
  [[nodiscard]] bool contains(BytesView key) const;
  /// Stores all `entries`. Returns how many keys are new.
  std::uint64_t put(std::span<const EncodedEntry> entries, Replacing replacing);
  /// Shows the value of `key`, which is `value` if there was none.
  void set_default(BytesView key, BytesView value, IndexValueVisitor visit);
  bool erase(BytesView key);
  bool pop(BytesView key, IndexValueVisitor visit);
  std::uint64_t clear();

  /// Shows the first entry of a walk. Returns whether there is one.
  bool peek(KeyOrder order, Direction direction, IndexVisitor visit) const;
  /// The same, and removes it.
  bool pop(KeyOrder order, Direction direction, IndexVisitor visit);

  /// Stores `value` under the integer above all keys, or below them if the direction is backward;
  /// 0 if there are none. All keys must be integers.
  std::int64_t push(Direction direction, BytesView value);

  /// A walk over the keys of `keys`, which are encoded.
  [[nodiscard]] IndexCursor walk(KeyOrder order, Direction direction, const KeyRange& keys) const;
  /// Shows all entries in one view.
  void read_all(KeyOrder order, IndexVisitor visit) const;
  /// Shows a batch of entries and goes behind it.
  void read_some(IndexCursor& cursor, IndexVisitor visit) const;

  [[noreturn]] void throw_missing(BytesView key) const;

 private:
  class Edit;
  struct Place;
  struct Batch;

  explicit IndexCore(std::unique_ptr<const Place> place);

  /// Calls `body(Edit&)` in an update, and stores what it changed.
  template <typename Body>
  auto update(Body body, const UpdateOptions& options = {});

  [[nodiscard]] IndexCursor cursor(KeyOrder order, Direction direction, const KeyRange& keys) const;
  void read(IndexCursor& cursor, const Batch& most, IndexVisitor visit) const;

  std::unique_ptr<const Place> place_;
};

}  // namespace larder::detail
