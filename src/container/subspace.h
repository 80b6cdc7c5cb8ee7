// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "codec/frame.h"
#include "larder/codec/wire.h"
#include "larder/container/detail/type_name.h"
#include "larder/core/bytes.h"
#include "larder/engine/txn.h"
#include "larder/key/key_buffer.h"

namespace larder::detail {

inline constexpr std::string_view settings_record = "the record of its settings";

/// How the record of a container's settings is laid out.
struct SettingsShape {
  std::uint64_t format;
  std::size_t fields;  ///< Those of the head too.
};

/// The keys of one container in an engine, and its sealed records.
///
/// Thread-compatible.
class Subspace {
 public:
  /// That of the `kind` ("deque") with `name`.
  /// @throws Error `invalid_argument` for a name that is empty or longer than 100 bytes
  Subspace(std::string_view kind, std::string_view name);

  [[nodiscard]] const std::string& kind() const noexcept { return kind_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

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

  /// What the record of a container's settings begins with: format, and type of the items. Returns
  /// the format, one of those in `known`, of which the latest is the last.
  /// @throws Error `corrupt`; `not_supported` if it has a later format; `invalid_argument` if it is
  /// about another type
  std::uint64_t read_settings_head(WireReader& in, std::span<const SettingsShape> known,
                                   const ItemType& type) const;
  static void write_settings_head(WireWriter& out, const SettingsShape& shape,
                                  const ItemType& type);

  /// Throws `corrupt`: `what` of this container is damaged.
  [[noreturn]] void fail(std::string_view what) const;

  /// For messages: `deque "jobs"`.
  [[nodiscard]] const std::string& title() const noexcept { return title_; }

 private:
  void check_type(const ItemType& wanted, std::uint64_t stored, std::string_view stored_name) const;

  KeyBuffer prefix_;
  std::string kind_;
  std::string name_;
  std::string title_;
};

}  // namespace larder::detail
