// SPDX-License-Identifier: Apache-2.0
#include "larder/codec/time.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>

#include "support/expect_kind.h"
#include "support/hex.h"

namespace larder {
namespace {

using std::chrono::sys_time;
using test::expect_kind;
using test::from_hex;
using test::hex;
using Nanos = std::chrono::nanoseconds;
using Seconds = std::chrono::seconds;
using Hours = std::chrono::hours;

template <typename T>
void expect_corrupt(std::string_view bytes) {
  expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(decode<T>(from_hex(bytes))); });
}

TEST(TimeCodec, points_are_timestamps_in_their_shortest_form) {
  EXPECT_EQ(hex(encode(sys_time<Seconds>(Seconds(1)))), "d6 ff 00 00 00 01");
  EXPECT_EQ(hex(encode(sys_time<Nanos>(Nanos(1)))), "d7 ff 00 00 00 04 00 00 00 00");
  EXPECT_EQ(hex(encode(sys_time<Nanos>(Nanos(-1)))),
            "c7 0c ff 3b 9a c9 ff ff ff ff ff ff ff ff ff");
  EXPECT_EQ(hex(encode(sys_time<Seconds>(Seconds(std::int64_t{1} << 34)))),
            "c7 0c ff 00 00 00 00 00 00 00 04 00 00 00 00");
}

TEST(TimeCodec, the_ends_of_the_range_come_back) {
  using Long = std::numeric_limits<std::int64_t>;
  for (const std::int64_t count :
       {Long::min(), Long::min() + 1, std::int64_t{-1'000'000'000}, std::int64_t{-1},
        std::int64_t{0}, Long::max() - 1, Long::max()}) {
    const sys_time<Nanos> fine{Nanos(count)};
    EXPECT_EQ(decode<sys_time<Nanos>>(encode(fine)), fine) << count;
    const sys_time<std::chrono::milliseconds> coarse{std::chrono::milliseconds(count)};
    EXPECT_EQ(decode<sys_time<std::chrono::milliseconds>>(encode(coarse)), coarse) << count;
    const sys_time<Seconds> seconds{Seconds(count)};
    EXPECT_EQ(decode<sys_time<Seconds>>(encode(seconds)), seconds) << count;
  }
}

TEST(TimeCodec, a_time_that_no_timestamp_can_hold_is_refused) {
  const sys_time<Hours> late{Hours::max()};
  expect_kind(ErrorKind::invalid_argument, [&] { static_cast<void>(encode(late)); });
}

TEST(TimeCodec, times_that_the_type_cannot_hold_are_corrupt) {
  expect_corrupt<sys_time<Seconds>>("d7 ff 00 00 00 04 00 00 00 00");  // 1 ns
  expect_corrupt<sys_time<Hours>>("d6 ff 00 00 00 01");                // 1 s
  expect_corrupt<sys_time<Nanos>>("c7 0c ff 00 00 00 00 7f ff ff ff ff ff ff ff");
  expect_corrupt<sys_time<Nanos>>("c7 0c ff 00 00 00 00 80 00 00 00 00 00 00 00");
  using Day = std::chrono::duration<std::int16_t, std::ratio<86400>>;
  expect_corrupt<sys_time<Day>>("c7 0c ff 00 00 00 00 00 00 10 00 00 00 00 00");
}

TEST(TimeCodec, other_forms_are_corrupt) {
  using T = sys_time<Nanos>;
  expect_corrupt<T>("d7 ff 00 00 00 00 00 00 00 01");                 // fits 4 bytes
  expect_corrupt<T>("c7 0c ff 00 00 00 01 00 00 00 00 00 00 00 01");  // fits 8 bytes
  expect_corrupt<T>("d7 ff ee 6b 28 00 00 00 00 00");                 // 10^9 nanoseconds
  expect_corrupt<T>("d6 03 00 00 00 01");
  expect_corrupt<T>("d5 ff 00 00");
  expect_corrupt<T>("00");
}

TEST(TimeCodec, durations_are_their_count_and_units_have_their_own_schema) {
  EXPECT_EQ(hex(encode(std::chrono::milliseconds(5))), "05");
  EXPECT_NE(Codec<std::chrono::milliseconds>::schema(), Codec<Seconds>::schema());
  EXPECT_NE(Codec<sys_time<Seconds>>::schema(), Codec<Seconds>::schema());
  EXPECT_NE(Codec<sys_time<Seconds>>::schema(), Codec<sys_time<Nanos>>::schema());
}

}  // namespace
}  // namespace larder
