// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "larder/key/digest.h"

namespace larder {

namespace detail {

/// Goes through the text of a source and hashes what counts of it: 128 bits of FNV-1a.
class SourceReader {
 public:
  constexpr explicit SourceReader(std::string_view text) : text_(text) {}

  constexpr Digest128 digest() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (is_space(c)) {
        ++at_;
        has_space_ = true;
      } else if (c == '"' && last_ == 'R') {
        take(text_.size() - at_);  // where a raw literal ends is not looked for
      } else if (c == '"' || (c == '\'' && !is_in_number_)) {
        take(literal_size());
      } else {
        is_in_number_ = is_word(c) ? is_in_number_ || (!is_word(last_) && is_digit(c))
                                   : is_in_number_ && (c == '.' || c == '\'');
        take(1);
      }
    }
    return {.high = static_cast<std::uint64_t>(hash_ >> 64U),
            .low = static_cast<std::uint64_t>(hash_)};
  }

 private:
  __extension__ using Wide = unsigned __int128;

  static constexpr bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
  static constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
  static constexpr bool is_word(char c) {
    return is_digit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }
  static constexpr bool is_operator(char c) {
    return std::string_view("+-*/%<>=&|^!~:.?").find(c) != std::string_view::npos;
  }

  constexpr std::size_t literal_size() const {
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != text_[at_]) end += text_[end] == '\\' ? 2U : 1U;
    return (end < text_.size() ? end + 1 : text_.size()) - at_;
  }

  constexpr void add(char c) {
    constexpr Wide prime = (Wide{1} << 88U) + 0x13BU;
    hash_ = (hash_ ^ static_cast<unsigned char>(c)) * prime;
  }

  constexpr void take(std::size_t count) {
    const char next = text_[at_];
    // Without the space the two would be one.
    const bool would_join =
        (is_word(last_) && is_word(next)) || (is_operator(last_) && is_operator(next));
    if (has_space_ && would_join) add(' ');
    has_space_ = false;
    for (const char c : text_.substr(at_, count)) add(c);
    at_ += count;
    last_ = text_[at_ - 1];
    if (!is_word(last_) && last_ != '.' && last_ != '\'') is_in_number_ = false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Wide hash_ = (Wide{0x6C62272E07BB0142U} << 64U) + 0x62B821756295C58DU;
  char last_ = 0;
  bool has_space_ = false;
  bool is_in_number_ = false;
};

}  // namespace detail

/// Stands for the text of a piece of source: the same for every compiler, machine and kind of
/// build. White space between tokens does not count.
[[nodiscard]] constexpr Digest128 source_digest(std::string_view text) noexcept {
  return detail::SourceReader(text).digest();
}

/// Something that can be called, and the digest of its source. Made by `LARDER_FN`.
template <typename F>
class SourceFunction {
 public:
  constexpr SourceFunction(F f, Digest128 digest) : f_(std::move(f)), digest_(digest) {}

  template <typename... Args>
  constexpr decltype(auto) operator()(Args&&... args) const {
    return f_(std::forward<Args>(args)...);
  }

  /// The digest of the text between the parentheses of `LARDER_FN`.
  [[nodiscard]] constexpr Digest128 source_digest() const noexcept { return digest_; }

 private:
  F f_;
  Digest128 digest_;
};

}  // namespace larder

/// A lambda that knows its own source:
///
///     const auto area = LARDER_FN([](double r) { return 3.14159 * r * r; });
///     memoize(cache, area, {.name = "area"}) ...   // computed again when that text changes
///
/// It sees the tokens of the text, before macros in it are replaced by others; not what the
/// functions do that it calls, nor types declared elsewhere. It may contain commas, but no `#`
/// directives.
#define LARDER_FN(...) \
  ::larder::SourceFunction((__VA_ARGS__), ::larder::source_digest(#__VA_ARGS__))
