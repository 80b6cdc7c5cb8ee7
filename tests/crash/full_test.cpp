// SPDX-License-Identifier: Apache-2.0
// A full device is an error; reading and erasing go on, and so does writing once there is room.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>

#include "crash/bad_subjects.h"
#include "crash/cache_subject.h"
#include "crash/full_rig.h"

namespace larder::test {

namespace {

void expect_kept(Fullness fullness, const char* when) {
  for (const Durability durability : {Durability::durable, Durability::disposable}) {
    const FullReport report = fill_at_each_call(open_lmdb_subject, durability, fullness);
    EXPECT_EQ(report.wrong, "");
    std::printf("full rig: the device was full %s %llu calls\n", when,
                static_cast<unsigned long long>(report.runs));
  }
}

void use_small_device(const OpenSubject& open, const Filling& filling,
                      const testing::Matcher<const std::string&>& expected) {
  const auto wrong = fill_small_device(open, filling);
  if (!wrong) GTEST_SKIP() << "may not mount";
  EXPECT_THAT(*wrong, expected);
}

void use_small_device(int mebibytes, std::size_t value_bytes) {
  use_small_device(open_lmdb_subject, {.mebibytes = mebibytes, .value_bytes = value_bytes},
                   testing::IsEmpty());
}

void use_anew(int mebibytes, std::size_t value_bytes) {
  use_small_device(
      open_lmdb_subject,
      {.mebibytes = mebibytes, .value_bytes = value_bytes, .opened = Opened::for_each_step},
      testing::IsEmpty());
}

}  // namespace

TEST(LmdbFull, every_call_that_finds_the_device_full_once) {
  expect_kept(Fullness::once, "at each of");
}

TEST(LmdbFull, device_that_stays_full_from_any_call_on) {
  expect_kept(Fullness::staying, "from each on of");
}

TEST(LmdbFull, device_of_4_mib) { use_small_device(4, 10'000); }
TEST(LmdbFull, device_of_20_mib) { use_small_device(20, 10'000); }
TEST(LmdbFull, device_of_37_mib) { use_small_device(37, 10'000); }
TEST(LmdbFull, device_of_61_mib) { use_small_device(61, 10'000); }
TEST(LmdbFull, device_of_100_mib) { use_small_device(100, 10'000); }
TEST(LmdbFull, device_full_of_large_values) { use_small_device(61, 300'000); }
TEST(LmdbFull, device_full_of_small_values) { use_small_device(20, 100); }
TEST(LmdbFull, larger_device_full_of_small_values) { use_small_device(61, 100); }

// Where the log of the one before has given its space to the database, there may be none for
// another log.
TEST(LmdbFull, device_of_4_mib_opened_anew_for_each_step) { use_anew(4, 10'000); }
TEST(LmdbFull, device_of_8_mib_opened_anew_for_each_step) { use_anew(8, 100'000); }
TEST(LmdbFull, device_of_8_mib_and_smaller_values_opened_anew) { use_anew(8, 20'000); }
TEST(LmdbFull, device_of_37_mib_opened_anew_for_each_step) { use_anew(37, 300'000); }

TEST(LmdbFull, opening_and_reading_need_no_room_that_is_not_there) {
  const auto wrong = open_on_full_device();
  if (!wrong) GTEST_SKIP() << "may not mount";
  EXPECT_EQ(*wrong, "");
}

TEST(CacheFull, values_in_files_on_a_device_of_10_mib) {
  use_small_device(cache_subject(5000), {.mebibytes = 10, .value_bytes = 100'000},
                   testing::IsEmpty());
}

TEST(CacheFull, values_in_files_on_a_device_of_40_mib) {
  use_small_device(cache_subject(5000), {.mebibytes = 40, .value_bytes = 1'000'000},
                   testing::IsEmpty());
}

TEST(CacheFull, device_of_8_mib_opened_anew_for_each_step) {
  use_small_device(cache_subject(1 << 20U),
                   {.mebibytes = 8, .value_bytes = 100'000, .opened = Opened::for_each_step},
                   testing::IsEmpty());
}

TEST(FullRig, finds_that_failed_calls_are_ignored) {
  const OpenSubject bad = ignoring_full(open_lmdb_subject);
  EXPECT_NE(fill_at_each_call(bad, Durability::durable, Fullness::once).wrong, "");
  EXPECT_NE(fill_at_each_call(bad, Durability::durable, Fullness::staying).wrong, "");
}

TEST(FullRig, finds_that_a_full_device_is_ignored) {
  use_small_device(ignoring_full(open_lmdb_subject), {.mebibytes = 20, .value_bytes = 10'000},
                   testing::Not(testing::IsEmpty()));
}

}  // namespace larder::test
