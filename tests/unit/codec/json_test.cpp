// SPDX-License-Identifier: Apache-2.0
#include "larder/codec/json.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "larder/codec/standard.h"
#include "support/expect_kind.h"
#include "support/hex.h"

namespace larder {
namespace {

using test::expect_kind;
using test::from_hex;
using test::hex;

std::string canonical(std::string_view text) { return Json::parse(text).text(); }

TEST(Json, text_is_compact_with_sorted_keys) {
  EXPECT_EQ(canonical(" { \"b\" : [ 1 , 2.50 , { } , [ ] ] ,\n\"a\":null, \"B\":true } "),
            R"({"B":true,"a":null,"b":[1,2.5,{},[]]})");
  EXPECT_EQ(canonical(R"({"b":{"d":1,"c":2},"a":[{"y":1,"x":2}]})"),
            R"({"a":[{"x":2,"y":1}],"b":{"c":2,"d":1}})");
}

TEST(Json, strings_have_only_necessary_escapes) {
  EXPECT_EQ(canonical(R"("\u0041\/\"\\\b\f\n\r\t\u0000\u001f\u00e9\ud83d\ude00")"),
            "\"A/\\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001f\xc3\xa9\xf0\x9f\x98\x80\"");
}

TEST(Json, numbers_keep_their_kind_and_are_short) {
  EXPECT_EQ(canonical("[1,1.0,-0,-0.0,1e2,1.50,0.1,1e300,-9223372036854775808]"),
            "[1,1.0,0,-0.0,100.0,1.5,0.1,1e+300,-9223372036854775808]");
  EXPECT_EQ(canonical("18446744073709551615"), "18446744073709551615");
  EXPECT_FALSE(Json::parse("1") == Json::parse("1.0"));
  EXPECT_TRUE(Json::parse("1.0") == Json::parse("1e0"));
}

TEST(Json, canonical_text_stays_as_it_is) {
  for (const std::string_view text :
       {"null", "[]", "{}", R"({"a":[1,2.5,"x",{"b":false}]})", "\"\"", "-1", "5e-324",
        "1.7976931348623157e+308", "123456789.125", "1e+22"}) {
    const std::string once = canonical(text);
    EXPECT_EQ(canonical(once), once);
  }
  EXPECT_EQ(Json().text(), "null");
  EXPECT_EQ(Json(), Json::parse("null"));
}

TEST(Json, what_is_not_json_is_refused) {
  for (const std::string_view text : {"",           " ",
                                      "{",          "[1,]",
                                      "{\"a\":1,}", "{\"a\"}",
                                      "nul",        "01",
                                      "1.",         "+1",
                                      "'a'",        "1 2",
                                      "NaN",        "Infinity",
                                      "// x\n1",    "\"\n\"",
                                      "\"\\x\"",    "\"\\ud800\"",
                                      "\"\xff\"",   "\"\xc0\x80\"",
                                      "[1",         "\xef\xbb\xbf\xff"}) {
    expect_kind(ErrorKind::invalid_argument, [&] { static_cast<void>(Json::parse(text)); });
  }
}

TEST(Json, numbers_beyond_64_bits_or_a_double_are_refused) {
  for (const std::string_view text : {"18446744073709551616", "-9223372036854775809", "1e999",
                                      "-1e999", "123456789012345678901234567890"}) {
    expect_kind(ErrorKind::invalid_argument, [&] { static_cast<void>(Json::parse(text)); });
  }
  try {
    static_cast<void>(Json::parse("18446744073709551616"));
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("18446744073709551616"), std::string::npos);
  }
}

TEST(Json, a_key_that_appears_twice_is_refused) {
  for (const std::string_view text :
       {R"({"a":1,"a":1})", R"({"a":1,"b":2,"a":3})", R"([{"x":{"a":1,"\u0061":2}}])"}) {
    expect_kind(ErrorKind::invalid_argument, [&] { static_cast<void>(Json::parse(text)); });
  }
}

TEST(Json, nesting_goes_64_levels_deep) {
  const std::string deep = std::string(64, '[') + std::string(64, ']');
  EXPECT_EQ(canonical(deep), deep);
  const std::string deeper = "[" + deep + "]";
  expect_kind(ErrorKind::invalid_argument, [&] { static_cast<void>(Json::parse(deeper)); });
  std::string objects = "1";
  for (int i = 0; i < 64; ++i) objects = "{\"a\":" + objects + "}";
  EXPECT_EQ(canonical(objects), objects);
  expect_kind(ErrorKind::invalid_argument,
              [&] { static_cast<void>(Json::parse("[" + objects + "]")); });
}

TEST(Json, a_million_brackets_are_refused_quickly) {
  expect_kind(ErrorKind::invalid_argument,
              [] { static_cast<void>(Json::parse(std::string(1'000'000, '['))); });
}

TEST(Json, a_text_beyond_the_limit_is_refused) {
  const std::string large = "\"" + std::string(max_json_bytes, 'x') + "\"";
  expect_kind(ErrorKind::invalid_argument, [&] { static_cast<void>(Json::parse(large)); });
}

TEST(Json, messages_are_short_and_printable) {
  try {
    static_cast<void>(Json::parse("\"" + std::string(100'000, 'x') + "\xff\x01"));
    FAIL();
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_LT(message.size(), 250U);
    for (const char c : message) EXPECT_TRUE(c >= ' ' && c <= '~');
  }
}

TEST(Json, is_stored_as_the_structure_it_is) {
  EXPECT_EQ(hex(encode(Json::parse(R"({"b":[1,-2],"a":null})"))), "82 a1 61 c0 a1 62 92 01 fe");
  EXPECT_EQ(hex(encode(Json::parse("[1.5,true,18446744073709551615]"))),
            "93 cb 3f f8 00 00 00 00 00 00 c3 cf ff ff ff ff ff ff ff ff");
  std::string many = "[0";
  for (int i = 1; i < 70'000; ++i) many += "," + std::to_string(i % 10);
  many += "]";
  const Bytes bytes = encode(Json::parse(many));
  EXPECT_EQ(hex(BytesView(bytes).first(5)), "dd 00 01 11 70");
  EXPECT_EQ(decode<Json>(bytes).text(), many);
}

TEST(Json, comes_back_inside_other_values) {
  const std::optional<Json> null = Json();
  EXPECT_EQ(decode<std::optional<Json>>(encode(null)), null);
  const std::vector<Json> list = {Json(), Json::parse("[1]")};
  EXPECT_EQ(decode<std::vector<Json>>(encode(list)), list);
  const Json deep = Json::parse(std::string(64, '[') + std::string(64, ']'));
  EXPECT_EQ(decode<Json>(encode(deep)), deep);
  expect_kind(ErrorKind::invalid_argument,
              [&] { static_cast<void>(encode(std::vector<Json>{deep})); });
}

TEST(Json, stored_bytes_that_no_document_gives_are_corrupt) {
  for (const char* text : {
           "ca 00 00 00 00",              // float32
           "c4 01 00",                    // binary
           "d4 03 00",                    // extension
           "cb 7f f0 00 00 00 00 00 00",  // infinity
           "cb 7f f8 00 00 00 00 00 00",  // not a number
           "81 01 02",                    // a key that is no text
           "82 a1 62 01 a1 61 02",        // keys out of order
           "82 a1 61 01 a1 61 02",        // a key twice
           "a1 ff",                       // not UTF-8
           "a2 c0 80",                    // overlong
           "a3 ed a0 80",                 // a surrogate
       }) {
    expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(decode<Json>(from_hex(text))); });
  }
  expect_kind(ErrorKind::corrupt,
              [] { static_cast<void>(decode<Json>(Bytes(1'000'000, std::byte{0x91}))); });
}

}  // namespace
}  // namespace larder
