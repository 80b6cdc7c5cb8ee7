// SPDX-License-Identifier: Apache-2.0
// The promises of a key, for random values of every kind: equal values and only they have equal
// bytes, bytes sort like values, no key begins another, and every key reads back.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "larder/key/key.h"
#include "support/any_value.h"

namespace larder::test {
namespace {

/// Bytes that encodings stumble over more often than others.
rc::Gen<char> any_character() {
  return rc::gen::weightedOneOf<char>({
      {3, rc::gen::elementOf(std::vector<char>{'\0', '\1', '\2', 'a', '\x48', '\xFE', '\xFF'})},
      {1, rc::gen::arbitrary<char>()},
  });
}

rc::Gen<std::string> any_text() { return rc::gen::container<std::string>(any_character()); }

/// Numbers around powers of two, where lengths and signs change.
rc::Gen<AnyValue::Integer> any_integer() {
  return rc::gen::oneOf(
      rc::gen::map(rc::gen::arbitrary<std::int64_t>(),
                   [](std::int64_t x) { return AnyValue::Integer{x}; }),
      rc::gen::map(rc::gen::arbitrary<std::uint64_t>(),
                   [](std::uint64_t x) { return AnyValue::Integer{x}; }),
      rc::gen::map(rc::gen::tuple(rc::gen::inRange(0U, 64U), rc::gen::inRange(0U, 3U)),
                   [](std::tuple<unsigned, unsigned> choice) {
                     const auto [bit, offset] = choice;
                     return AnyValue::Integer{(std::uint64_t{1} << bit) + offset - 1};
                   }),
      rc::gen::map(rc::gen::tuple(rc::gen::inRange(0U, 64U), rc::gen::inRange(0U, 3U)),
                   [](std::tuple<unsigned, unsigned> choice) {
                     const auto [bit, offset] = choice;
                     const std::uint64_t magnitude = (std::uint64_t{1} << bit) + offset - 1;
                     return AnyValue::Integer{static_cast<std::int64_t>(~magnitude + 1)};
                   }));
}

rc::Gen<double> any_real() {
  using Limits = std::numeric_limits<double>;
  return rc::gen::oneOf(
      rc::gen::arbitrary<double>(),
      rc::gen::map(rc::gen::arbitrary<std::uint64_t>(),
                   [](std::uint64_t bits) { return std::bit_cast<double>(bits); }),
      rc::gen::elementOf(std::vector<double>{
          0.0, -0.0, 1.0, -1.0, Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN(),
          -Limits::quiet_NaN(), Limits::denorm_min(), -Limits::denorm_min(), Limits::max()}));
}

rc::Gen<AnyValue> any_value(int depth) {
  const auto wrap = [](auto value) { return AnyValue{std::move(value)}; };
  const auto text_to_bytes = [](const std::string& text) {
    return AnyValue{to_bytes(as_bytes(text))};
  };
  const auto to_time = [](std::int64_t count) { return AnyValue{WallTime{Duration{count}}}; };
  std::vector<rc::Gen<AnyValue>> choices = {
      rc::gen::just(AnyValue{nullptr}),
      rc::gen::map(rc::gen::arbitrary<bool>(), wrap),
      rc::gen::map(any_integer(), wrap),
      rc::gen::map(any_real(), wrap),
      rc::gen::map(any_text(), wrap),
      rc::gen::map(any_text(), text_to_bytes),
      rc::gen::map(rc::gen::arbitrary<std::int64_t>(), to_time),
  };
  if (depth > 0) {
    const auto element = rc::gen::lazy([depth] { return any_value(depth - 1); });
    choices.push_back(rc::gen::map(rc::gen::container<AnyValue::Tuple>(element), wrap));
  }
  return rc::gen::join(rc::gen::elementOf(choices));
}

/// A value that differs from `value` in little, or not at all.
rc::Gen<AnyValue> neighbour_of(const AnyValue& value) {
  std::vector<AnyValue> others = {value, AnyValue{AnyValue::Tuple{value}}};
  if (const auto* text = std::get_if<std::string>(&value.value)) {
    others.push_back({*text + '\0'});
    others.push_back({*text + '\xFF'});
    others.push_back({text->substr(0, text->size() / 2)});
    others.push_back({to_bytes(as_bytes(*text))});
  }
  if (const auto* integer = std::get_if<AnyValue::Integer>(&value.value)) {
    others.push_back(std::visit(
        [](auto x) {
          return AnyValue{AnyValue::Integer{x == 0 ? x : static_cast<decltype(x)>(x - 1)}};
        },
        *integer));
    others.push_back(std::visit([](auto x) { return AnyValue{static_cast<double>(x)}; }, *integer));
  }
  if (const auto* real = std::get_if<double>(&value.value)) {
    others.push_back({std::nextafter(*real, 0.0)});
    others.push_back({-*real});
  }
  if (const auto* tuple = std::get_if<AnyValue::Tuple>(&value.value)) {
    AnyValue::Tuple longer = *tuple;
    longer.push_back({nullptr});
    others.push_back({longer});
    if (!tuple->empty()) others.push_back({AnyValue::Tuple(tuple->begin(), tuple->end() - 1)});
    others.push_back({AnyValue::Tuple{{*tuple}, {nullptr}}});
  }
  return rc::gen::oneOf(rc::gen::elementOf(others), any_value(1));
}

void expect_bytes_sort_like(const AnyValue& a, const AnyValue& b) {
  const Key key_a = a;
  const Key key_b = b;
  RC_ASSERT((key_a == key_b) == (a == b));
  RC_ASSERT((key_a < key_b) == (a < b));
  if (a != b) {
    RC_ASSERT(!starts_with(key_a.bytes(), key_b.bytes()));
    RC_ASSERT(key_a.to_string() != key_b.to_string());
  }
}

RC_GTEST_PROP(KeyProperty, bytes_sort_like_values, ()) {
  expect_bytes_sort_like(*any_value(3), *any_value(3));
}

RC_GTEST_PROP(KeyProperty, bytes_of_near_values_sort_like_them, ()) {
  const AnyValue value = *any_value(3);
  expect_bytes_sort_like(value, *neighbour_of(value));
}

RC_GTEST_PROP(KeyProperty, texts_sort_by_byte, ()) {
  const std::string a = *any_text();
  const std::string b = *any_text();
  RC_ASSERT((Key(a) <=> Key(b)) == (a <=> b));
  RC_ASSERT((Key(std::make_tuple(a, 1)) <=> Key(std::make_tuple(b, 1))) == (a <=> b));
}

RC_GTEST_PROP(KeyProperty, every_key_reads_back, ()) {
  const AnyValue value = *any_value(4);
  const Key key = value;
  const auto copy = Key::from_bytes(key.bytes());
  RC_ASSERT(copy == key);
  RC_ASSERT(copy.as<AnyValue>() == value);
}

RC_GTEST_PROP(KeyProperty, tuple_begins_with_the_prefix_of_its_beginning, ()) {
  const auto begin = *rc::gen::container<AnyValue::Tuple>(any_value(1));
  const auto rest = *rc::gen::container<AnyValue::Tuple>(any_value(1));
  AnyValue::Tuple all = begin;
  all.insert(all.end(), rest.begin(), rest.end());
  RC_ASSERT(starts_with(Key(all).bytes(), Key(begin).tuple_prefix()));
}

RC_GTEST_PROP(KeyProperty, only_continuations_begin_with_a_prefix, ()) {
  const auto begin = *rc::gen::container<AnyValue::Tuple>(any_value(1));
  const auto other = *rc::gen::container<AnyValue::Tuple>(any_value(1));
  const bool continues =
      other.size() >= begin.size() && std::equal(begin.begin(), begin.end(), other.begin());
  RC_ASSERT(starts_with(Key(other).bytes(), Key(begin).tuple_prefix()) == continues);
}

}  // namespace
}  // namespace larder::test
