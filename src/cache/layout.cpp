// SPDX-License-Identifier: Apache-2.0
#include "cache/layout.h"

#include <algorithm>
#include <cstring>

namespace larder::detail {

namespace {

// Flipping the sign bit makes the order of signed numbers the order of their bytes.
constexpr std::uint64_t sign_bit = std::uint64_t{1} << 63U;

std::uint64_t ordered(WallTime time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count()) ^ sign_bit;
}

WallTime unordered(std::uint64_t bits) {
  return WallTime{Duration{static_cast<std::int64_t>(bits ^ sign_bit)}};
}

template <typename Number>
std::array<std::byte, sizeof(Number)> big_endian(Number number) {
  std::array<std::byte, sizeof(Number)> bytes{};
  for (std::size_t i = 0; i < sizeof(Number); ++i) {
    bytes[sizeof(Number) - 1 - i] = static_cast<std::byte>((number >> (8 * i)) & 0xFFU);
  }
  return bytes;
}

std::uint64_t from_big_endian(BytesView bytes) {
  std::uint64_t number = 0;
  for (const std::byte byte : bytes) number = (number << 8U) | static_cast<std::uint64_t>(byte);
  return number;
}

KeyRange between(const EngineKey& begin, const EngineKey& end) {
  return {.begin = to_bytes(begin.view()), .end = to_bytes(end.view())};
}

}  // namespace

EngineKey::EngineKey(BytesView prefix, Space space) {
  add(prefix);
  const std::byte tag{static_cast<std::uint8_t>(space)};
  add(BytesView(&tag, 1));
}

EngineKey& EngineKey::add(BytesView bytes) {
  if (!long_.empty()) {
    append(long_, bytes);
  } else if (bytes.size() <= short_.size() - size_) {
    if (!bytes.empty()) std::memcpy(short_.data() + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  } else {
    long_.reserve(size_ + bytes.size() + sizeof(std::uint64_t));
    append(long_, BytesView(short_.data(), size_));
    append(long_, bytes);
  }
  return *this;
}

EngineKey& EngineKey::add(std::uint64_t number) { return add(BytesView(big_endian(number))); }

EngineKey& EngineKey::add(std::uint32_t number) { return add(BytesView(big_endian(number))); }

EngineKey Layout::record(BytesView key) const {
  EngineKey result(prefix_, Space::record);
  result.add(key);
  return result;
}

EngineKey Layout::order(std::uint64_t sequence) const {
  EngineKey result(prefix_, Space::order);
  result.add(sequence);
  return result;
}

EngineKey Layout::expiry(WallTime expires_at, std::uint64_t sequence) const {
  EngineKey result(prefix_, Space::expiry);
  result.add(ordered(expires_at)).add(sequence);
  return result;
}

EngineKey Layout::tag(std::string_view tag, std::uint64_t sequence) const {
  EngineKey result(prefix_, Space::tag);
  // The length in front keeps the entries of "a" apart from those of "ab".
  result.add(static_cast<std::uint32_t>(tag.size())).add(as_bytes(tag)).add(sequence);
  return result;
}

EngineKey Layout::sub_name(std::uint8_t kind, std::string_view name) const {
  EngineKey result(prefix_, Space::sub_name);
  const std::byte first{kind};
  result.add(BytesView(&first, 1)).add(as_bytes(name));
  return result;
}

EngineKey Layout::sub(std::uint64_t number) const {
  EngineKey result(prefix_, Space::sub);
  result.add(number);
  return result;
}

KeyRange Layout::range(Space space) const {
  return KeyRange::prefix(EngineKey(prefix_, space).view());
}

KeyRange Layout::order_range(std::uint64_t first, std::uint64_t last) const {
  return between(order(first), order(last));
}

KeyRange Layout::tag_range(std::string_view name, std::uint64_t last) const {
  return between(tag(name, 0), tag(name, last));
}

BytesView Layout::key_of_record(BytesView engine_key) const {
  return engine_key.subspan(prefix_.size() + 1);
}

std::uint64_t Layout::sequence_at_end(BytesView index_key) {
  return from_big_endian(index_key.last(std::min<std::size_t>(index_key.size(), 8)));
}

std::optional<std::uint64_t> Layout::parse_order(BytesView engine_key) const {
  const BytesView rest = engine_key.subspan(prefix_.size() + 1);
  if (rest.size() != 8) return std::nullopt;
  return from_big_endian(rest);
}

std::optional<Layout::ExpiryPlace> Layout::parse_expiry(BytesView engine_key) const {
  const BytesView rest = engine_key.subspan(prefix_.size() + 1);
  if (rest.size() != 16) return std::nullopt;
  return ExpiryPlace{.expires_at = unordered(from_big_endian(rest.first(8))),
                     .sequence = from_big_endian(rest.subspan(8))};
}

std::optional<Layout::TagPlace> Layout::parse_tag(BytesView engine_key) const {
  const BytesView rest = engine_key.subspan(prefix_.size() + 1);
  if (rest.size() < 12 || from_big_endian(rest.first(4)) != rest.size() - 12) return std::nullopt;
  return TagPlace{.tag = as_text(rest.subspan(4, rest.size() - 12)),
                  .sequence = from_big_endian(rest.last(8))};
}

}  // namespace larder::detail
