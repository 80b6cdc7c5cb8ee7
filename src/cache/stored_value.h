// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "cache/record.h"
#include "cache/state.h"
#include "larder/cache/detail/scratch.h"
#include "larder/core/bytes.h"
#include "larder/core/error.h"
#include "larder/key/key.h"

namespace larder::detail {

/// The schema of values that came as a stream of bytes: they can be read as bytes and as text.
inline constexpr std::uint64_t stream_schema = 0;

/// Whether `schema` is that of bytes or of text.
[[nodiscard]] bool is_bytes_or_text(std::uint64_t schema) noexcept;

/// Whether a value stored with the schema `stored` can be read as one with `asked`.
[[nodiscard]] bool can_read_as(std::uint64_t stored, std::uint64_t asked) noexcept;

/// A value on its way into a record: compressed if it is long and that makes it shorter, in a file
/// of its own if it is long all the same.
class Packed {
 public:
  /// `value`, the encoded value, must outlive this.
  Packed(BytesView value, std::uint64_t schema, const CacheCore::State& state);
  /// The same for bytes that came as a stream and are in `file` or, if that is null, in `content`.
  Packed(BytesView content, std::shared_ptr<NewFile> file);

  /// Sets what `record` says about its value. The record looks into this object.
  void describe(Record& record) const;
  /// To be kept if the record is committed; null if there is none.
  [[nodiscard]] const std::shared_ptr<NewFile>& file() const noexcept { return file_; }

 private:
  void to_file(BytesView content);

  std::uint64_t raw_bytes_;
  BytesView value_;
  Bytes packed_;
  bool is_raw_ = false;
  std::shared_ptr<NewFile> file_;
  Bytes ref_;
};

/// A value on its way out of a record: whole, and encoded as its type has it.
class StoredValue {
 public:
  /// Reads the file that the record names, if any; nothing if that is missing.
  /// @throws Error `corrupt` if the file is damaged or the value cannot be decompressed
  [[nodiscard]] static std::optional<StoredValue> load(const Record& record, FileStore& files,
                                                       std::uint64_t asked_schema);

  [[nodiscard]] BytesView bytes() const noexcept { return value_; }

 private:
  StoredValue() = default;

  BytesView value_;  // of the record, or of one of these
  std::optional<Scratch> file_;
  Bytes own_;
};

/// The bytes within a MessagePack value of type bytes or text; nothing if `schema` is another type.
[[nodiscard]] std::optional<BytesView> content_of(BytesView wire, std::uint64_t schema);

/// For an entry that finds no room.
[[nodiscard]] Error full_error(const Key& key);

}  // namespace larder::detail
