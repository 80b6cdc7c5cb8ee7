// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace larder {

/// Owned bytes. A distinct type from `std::string`, so that text and binary data stay apart.
using Bytes = std::vector<std::byte>;

/// Seen bytes. Valid as long as what it looks at; never owns.
using BytesView = std::span<const std::byte>;

/// Looks at the characters of `text` as bytes. Valid as long as `text` is.
[[nodiscard]] inline BytesView as_bytes(std::string_view text) noexcept {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// Looks at `bytes` as characters. Valid as long as `bytes` are.
[[nodiscard]] inline std::string_view as_text(BytesView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Copies `view`.
[[nodiscard]] inline Bytes to_bytes(BytesView view) { return {view.begin(), view.end()}; }

/// Appends `more` to `out`.
inline void append(Bytes& out, BytesView more) { out.insert(out.end(), more.begin(), more.end()); }

/// Orders like `memcmp`, a proper prefix first: the order of every engine.
[[nodiscard]] inline std::strong_ordering compare(BytesView a, BytesView b) noexcept {
  const std::size_t common = a.size() < b.size() ? a.size() : b.size();
  const int order = common == 0 ? 0 : std::memcmp(a.data(), b.data(), common);
  if (order != 0) return order < 0 ? std::strong_ordering::less : std::strong_ordering::greater;
  return a.size() <=> b.size();
}

/// Whether `a` and `b` hold the same bytes.
[[nodiscard]] inline bool equal(BytesView a, BytesView b) noexcept {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

/// Whether `bytes` begin with `prefix`.
[[nodiscard]] inline bool starts_with(BytesView bytes, BytesView prefix) noexcept {
  return bytes.size() >= prefix.size() && equal(bytes.first(prefix.size()), prefix);
}

/// `std::map` comparator in engine order.
struct BytesLess {
  using is_transparent = void;
  bool operator()(BytesView a, BytesView b) const noexcept { return compare(a, b) < 0; }
};

}  // namespace larder
