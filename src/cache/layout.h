// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "larder/core/bytes.h"
#include "larder/core/clock.h"
#include "larder/engine/txn.h"

namespace larder::detail {

/// The parts of a cache below its prefix, one byte each. Stored on disk: never change.
///
/// The order matters for speed: `meta` follows `order`, so the page that takes a new sequence
/// number is in most cases also the page that holds the counters.
enum class Space : std::uint8_t {
  expiry = 0x01,
  tag = 0x02,
  order = 0x03,
  meta = 0x04,
  record = 0x05,
  sub_name = 0x06,
  sub = 0x07
};

/// A key of the engine, put together without an allocation in the usual case.
class EngineKey {
 public:
  EngineKey(BytesView prefix, Space space);

  EngineKey& add(BytesView bytes);
  /// Big-endian, so that byte order is the order of numbers.
  EngineKey& add(std::uint64_t number);
  EngineKey& add(std::uint32_t number);

  [[nodiscard]] BytesView view() const noexcept {
    return long_.empty() ? BytesView(short_.data(), size_) : BytesView(long_);
  }

 private:
  std::array<std::byte, 192> short_;  // the first size_ bytes are set, unless long_ took over
  std::size_t size_ = 0;
  Bytes long_;
};

/// Where things are in the engine. docs/format/cache.md describes the bytes.
class Layout {
 public:
  explicit Layout(BytesView prefix) : prefix_(to_bytes(prefix)) {}

  [[nodiscard]] EngineKey meta() const { return {prefix_, Space::meta}; }
  [[nodiscard]] EngineKey record(BytesView key) const;
  [[nodiscard]] EngineKey order(std::uint64_t sequence) const;
  [[nodiscard]] EngineKey expiry(WallTime expires_at, std::uint64_t sequence) const;
  [[nodiscard]] EngineKey tag(std::string_view tag, std::uint64_t sequence) const;

  /// Where the number of the sub-cache or queue `name` is.
  [[nodiscard]] EngineKey sub_name(std::uint8_t kind, std::string_view name) const;
  /// The prefix of the sub-cache or queue with `number`.
  [[nodiscard]] EngineKey sub(std::uint64_t number) const;

  /// All of one space.
  [[nodiscard]] KeyRange range(Space space) const;
  /// The sequence numbers in [`first`, `last`).
  [[nodiscard]] KeyRange order_range(std::uint64_t first, std::uint64_t last) const;
  /// The entries of the tag `name` with sequence numbers below `last`.
  [[nodiscard]] KeyRange tag_range(std::string_view name, std::uint64_t last) const;

  /// The key of the entry whose record is at `engine_key`.
  [[nodiscard]] BytesView key_of_record(BytesView engine_key) const;

  /// The last eight bytes of the key of an order, expiry or tag entry.
  [[nodiscard]] static std::uint64_t sequence_at_end(BytesView index_key);

  struct ExpiryPlace {
    WallTime expires_at;
    std::uint64_t sequence = 0;
  };
  struct TagPlace {
    std::string_view tag;
    std::uint64_t sequence = 0;
  };
  /// What an index key says; nothing if it has the wrong length.
  [[nodiscard]] std::optional<std::uint64_t> parse_order(BytesView engine_key) const;
  [[nodiscard]] std::optional<ExpiryPlace> parse_expiry(BytesView engine_key) const;
  [[nodiscard]] std::optional<TagPlace> parse_tag(BytesView engine_key) const;

  [[nodiscard]] BytesView prefix() const noexcept { return prefix_; }

 private:
  Bytes prefix_;
};

}  // namespace larder::detail
