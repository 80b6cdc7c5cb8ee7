// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "codec/frame.h"
#include "larder/container/detail/type_name.h"
#include "larder/core/bytes.h"
#include "larder/engine/txn.h"
#include "larder/key/key_buffer.h"

namespace larder::detail {

/// The keys of one container in an engine, and its sealed records.
///
/// Thread-compatible.
class Subspace {
 public:
  /// That of the `kind` ("deque") with `name`.
  /// @throws Error `invalid_argument` for a name that is empty or longer than 100 bytes
  Subspace(std::string_view kind, std::string_view name);

  /// The key of what there is once in `space`.
  [[nodiscard]] KeyBuffer key(std::uint8_t space) const;
  /// The key of `number` in `space`; the order of such keys is that of the numbers.
  [[nodiscard]] KeyBuffer key(std::uint8_t space, std::int64_t number) const;
  /// All keys of `space`.
  [[nodiscard]] KeyRange range(std::uint8_t space) const;

  /// The record at `key`, or nothing. Valid as what the transaction hands out.
  /// @throws Error `corrupt` if it is damaged, `not_supported` if a later release wrote it; `what`
  /// names it
  [[nodiscard]] std::optional<FrameView> find(ReadTxn& txn, BytesView key,
                                              std::string_view what) const;
  /// The same, and `corrupt` if there is none.
  [[nodiscard]] FrameView get(ReadTxn& txn, BytesView key, std::string_view what) const;

  /// Stores `payload` at `key`, sealed with it.
  static void put(WriteTxn& txn, const KeyBuffer& key, std::uint64_t schema, BytesView payload);

  /// @throws Error `not_supported` unless the `stored` format is the `known` one
  void check_format(std::uint64_t stored, std::uint64_t known) const;
  /// @throws Error `invalid_argument` unless what was `stored` has the schema that is `wanted`
  void check_type(const ItemType& wanted, std::uint64_t stored, std::string_view stored_name) const;

  /// Throws `corrupt`: `what` of this container is damaged.
  [[noreturn]] void fail(std::string_view what) const;

  /// For messages: `deque "jobs"`.
  [[nodiscard]] const std::string& title() const noexcept { return title_; }

 private:
  KeyBuffer prefix_;
  std::string title_;
};

}  // namespace larder::detail
