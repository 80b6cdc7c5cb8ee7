// SPDX-License-Identifier: Apache-2.0
#include "larder/core/error.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>
#include <string>

namespace larder {
namespace {

TEST(Error, keeps_kind_and_message) {
  const Error error(ErrorKind::corrupt, "bad record");
  EXPECT_EQ(error.kind(), ErrorKind::corrupt);
  EXPECT_STREQ(error.what(), "bad record");
}

TEST(Error, only_unavailable_is_worth_another_try) {
  for (const auto kind : {ErrorKind::invalid_argument, ErrorKind::not_supported, ErrorKind::denied,
                          ErrorKind::full, ErrorKind::corrupt}) {
    EXPECT_FALSE(Error(kind, "").is_transient()) << to_string(kind);
  }
  EXPECT_TRUE(Error(ErrorKind::unavailable, "").is_transient());
}

TEST(Error, every_kind_has_a_name_of_its_own) {
  std::set<std::string_view> names;
  for (const auto kind : {ErrorKind::invalid_argument, ErrorKind::not_supported, ErrorKind::denied,
                          ErrorKind::unavailable, ErrorKind::full, ErrorKind::corrupt}) {
    names.insert(to_string(kind));
  }
  EXPECT_EQ(names, (std::set<std::string_view>{"invalid_argument", "not_supported", "denied",
                                               "unavailable", "full", "corrupt"}));
}

TEST(SystemError, kind_follows_from_errno) {
  const auto kind = [](int number) { return system_error(number, "x").kind(); };
  for (const int number : {ENOSPC, EDQUOT, EFBIG}) EXPECT_EQ(kind(number), ErrorKind::full);
  for (const int number : {EACCES, EPERM, EROFS}) EXPECT_EQ(kind(number), ErrorKind::denied);
  for (const int number : {EINVAL, ENOENT, ENOTDIR, ENAMETOOLONG, EISDIR, ELOOP, EEXIST}) {
    EXPECT_EQ(kind(number), ErrorKind::invalid_argument) << number;
  }
  for (const int number : {EIO, EAGAIN, ETIMEDOUT, EBUSY, EMFILE, ENFILE, ENOMEM, ECONNREFUSED}) {
    EXPECT_EQ(kind(number), ErrorKind::unavailable) << number;
  }
  for (const int number : {ENOTSUP, ENOSYS, ENODEV}) {
    EXPECT_EQ(kind(number), ErrorKind::not_supported) << number;
  }
  EXPECT_EQ(kind(EUCLEAN), ErrorKind::corrupt);
}

TEST(SystemError, unknown_number_may_be_tried_again) {
  EXPECT_EQ(system_error(99'999, "x").kind(), ErrorKind::unavailable);
}

TEST(SystemError, message_says_what_and_why) {
  EXPECT_STREQ(system_error(ENOSPC, "cannot write \"f\"").what(),
               "cannot write \"f\": No space left on device");
}

TEST(SystemError, takes_the_negative_that_io_returns) {
  EXPECT_EQ(system_error(-ENOSPC, "x").kind(), ErrorKind::full);
  EXPECT_STREQ(system_error(-ENOSPC, "x").what(), system_error(ENOSPC, "x").what());
}

}  // namespace
}  // namespace larder
