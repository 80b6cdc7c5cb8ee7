// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <exception>

#include "larder/core/error.h"

namespace larder::test {

/// Fails the test unless `call()` throws an `Error` of `kind` that says something.
template <typename Call>
void expect_kind(ErrorKind kind, Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(to_string(error.kind()), to_string(kind)) << error.what();
    EXPECT_STRNE(error.what(), "");
    return;
  } catch (const std::exception& error) {
    ADD_FAILURE() << "threw something else: " << error.what();
    return;
  }
  ADD_FAILURE() << "threw nothing; expected " << to_string(kind);
}

}  // namespace larder::test
