// SPDX-License-Identifier: Apache-2.0

// Values made by chance, shrunk when they fail.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "codec/compress.h"
#include "codec/frame.h"
#include "larder/codec/json.h"
#include "larder/codec/standard.h"

namespace larder {
namespace {

template <typename T>
bool comes_back(const T& value) {
  const Bytes bytes = encode(value);
  const T again = decode<T>(bytes);
  WireReader in(bytes);
  return again == value && encode(again) == bytes && in.skip().size() == bytes.size();
}

Bytes bytes_of(const std::vector<std::uint8_t>& numbers) {
  Bytes bytes;
  for (const std::uint8_t n : numbers) bytes.push_back(std::byte{n});
  return bytes;
}

RC_GTEST_PROP(RoundTrip, integers, (std::int64_t a, std::uint64_t b, std::int16_t c)) {
  RC_ASSERT(comes_back(a) && comes_back(b) && comes_back(c));
}

RC_GTEST_PROP(RoundTrip, floating_point, (double a, float b)) {
  RC_ASSERT(comes_back(a) && comes_back(b));
}

RC_GTEST_PROP(RoundTrip, text_and_binary, (std::string text, std::vector<std::uint8_t> numbers)) {
  RC_ASSERT(comes_back(text) && comes_back(bytes_of(numbers)));
}

RC_GTEST_PROP(RoundTrip, sequences,
              (std::vector<int> a, std::vector<std::string> b, std::vector<bool> c,
               std::vector<std::vector<double>> d)) {
  RC_ASSERT(comes_back(a) && comes_back(b) && comes_back(c) && comes_back(d));
  RC_ASSERT(comes_back(std::deque<std::string>(b.begin(), b.end())));
}

using Lists = std::map<std::string, std::vector<int>>;
RC_GTEST_PROP(RoundTrip, ordered_containers,
              (std::set<std::string> a, std::set<std::int64_t> b, Lists c)) {
  RC_ASSERT(comes_back(a) && comes_back(b) && comes_back(c));
}

using Names = std::unordered_map<std::int64_t, std::string>;
RC_GTEST_PROP(RoundTrip, unordered_containers, (std::unordered_set<std::string> a, Names b)) {
  RC_ASSERT(comes_back(a) && comes_back(b));
}

using Triple = std::tuple<int, std::string, std::vector<bool>>;
RC_GTEST_PROP(RoundTrip, tuples, (Triple a)) {
  RC_ASSERT(comes_back(a) && comes_back(std::optional(a)));
}

RC_GTEST_PROP(RoundTrip, times, (std::int64_t count)) {
  using std::chrono::sys_time;
  RC_ASSERT(comes_back(std::chrono::nanoseconds(count)));
  RC_ASSERT(comes_back(sys_time<std::chrono::nanoseconds>(std::chrono::nanoseconds(count))));
  RC_ASSERT(comes_back(sys_time<std::chrono::microseconds>(std::chrono::microseconds(count))));
  RC_ASSERT(comes_back(sys_time<std::chrono::seconds>(std::chrono::seconds(count))));
}

RC_GTEST_PROP(RoundTrip, insertion_order_does_not_matter, (std::set<std::string> keys)) {
  std::unordered_map<std::string, int> up;
  std::unordered_map<std::string, int> down(1024);
  for (auto it = keys.begin(); it != keys.end(); ++it) up[*it] = 1;
  for (auto it = keys.rbegin(); it != keys.rend(); ++it) down[*it] = 1;
  RC_ASSERT(encode(up) == encode(down));
}

RC_GTEST_PROP(RoundTrip, json_numbers, (double value, std::int64_t number)) {
  const Json from_double = decode<Json>(encode(value));
  RC_ASSERT(Json::parse(from_double.text()) == from_double);
  RC_ASSERT(encode(from_double) == encode(value));
  RC_ASSERT(decode<Json>(encode(number)).text() == std::to_string(number));
}

RC_GTEST_PROP(RoundTrip, compression, (std::vector<std::uint8_t> numbers)) {
  const Bytes raw = bytes_of(numbers);
  RC_ASSERT(decompress(compress(raw, 1), raw.size()) == raw);
}

RC_GTEST_PROP(RoundTrip, frames,
              (std::vector<std::uint8_t> payload, std::string key, std::string other,
               std::uint64_t schema)) {
  const Bytes record =
      frame({.schema = schema, .raw_bytes = payload.size()}, bytes_of(payload), as_bytes(key));
  const auto opened = open_frame(record, as_bytes(key));
  RC_ASSERT(opened.has_value());
  RC_ASSERT(opened->header.schema == schema);
  RC_ASSERT(to_bytes(opened->payload) == bytes_of(payload));
  RC_ASSERT(open_frame(record, as_bytes(other)).has_value() == (key == other));
}

}  // namespace
}  // namespace larder
