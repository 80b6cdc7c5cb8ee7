// SPDX-License-Identifier: Apache-2.0

#include "larder/code/fingerprint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "larder/code/explanation.h"
#include "larder/core/error.h"
#include "support/child.h"
#include "support/expect_kind.h"
#include "support/faulty_io.h"

namespace larder {

// Functions with names that a test can ask for.
namespace code_test {

__attribute__((noinline)) int inner(int x) { return x * 31 + 5; }
__attribute__((noinline)) int outer(int x) { return inner(x) + inner(x + 1); }
__attribute__((noinline)) int other(int x) { return inner(x) - inner(x + 1); }

int overloaded(int x) { return x + 1; }
double overloaded(double x) { return x + 1; }

struct Functor {
  int operator()(int x) const { return x * 3; }
};
struct Overloads {
  int operator()(int x) const { return x * 3; }
  double operator()(double x) const { return x / 3; }
};
struct Base {
  virtual ~Base() = default;
  virtual int value() const { return 1; }
  int plain() const { return 2; }
};

#ifdef __x86_64__
// Addresses without a name that lead to themselves and to each other.
asm(R"(
  .pushsection .data.rel.local, "aw", @progbits
  .balign 8
.Lcircle:
  .quad .Lcircle
  .quad .Lcircle + 8
  .popsection
)");

__attribute__((noinline)) void* circle() {
  void* place = nullptr;
  asm("leaq .Lcircle(%%rip), %0" : "=r"(place));
  return place;
}
#endif

}  // namespace code_test

namespace {

using code_test::inner;
using code_test::other;
using code_test::outer;

class Fingerprint : public testing::Test {
 protected:
  void SetUp() override {
    const std::string reason = fingerprint_of(outer).fallback_reason;
    if (!reason.empty()) GTEST_SKIP() << reason;
  }
};

const std::string self = "/proc/self/exe";

TEST_F(Fingerprint, different_code_has_different_fingerprints) {
  EXPECT_NE(fingerprint_of(outer).digest, fingerprint_of(other).digest);
  EXPECT_EQ(fingerprint_of(outer).digest, fingerprint_of(&outer).digest);
  EXPECT_EQ(fingerprint_of(outer).function, "larder::code_test::outer(int)");
  EXPECT_GE(fingerprint_of(outer).followed, 2U);
}

TEST_F(Fingerprint, a_loaded_function_is_the_one_in_the_file) {
  EXPECT_EQ(fingerprint_of(outer).digest, fingerprint(self, "larder::code_test::outer").digest);
  EXPECT_EQ(fingerprint(self, "code_test::outer").digest,
            fingerprint(self, "_ZN6larder9code_test5outerEi").digest);
}

TEST_F(Fingerprint, members_and_objects_have_one) {
  const auto lambda = [](int x) { return x * 17; };
  const auto generic = [](auto x) { return x * 19; };
  const code_test::Functor functor;
  EXPECT_EQ(fingerprint_of(lambda).fallback_reason, "");
  EXPECT_NE(fingerprint_of(lambda).digest, fingerprint_of(functor).digest);
  EXPECT_NE(fingerprint_of<int>(generic).digest, fingerprint_of<double>(generic).digest);
  const code_test::Overloads overloads;
  EXPECT_NE(fingerprint_of<int>(overloads).digest, fingerprint_of<double>(overloads).digest);
  EXPECT_EQ(fingerprint_of(&code_test::Base::plain).function,
            "larder::code_test::Base::plain() const");
}

#ifdef __x86_64__
TEST_F(Fingerprint, nameless_data_may_lead_in_circles) {
  ASSERT_NE(code_test::circle(), nullptr);
  const CodeFingerprint made = fingerprint_of(code_test::circle);
  EXPECT_EQ(made.mode, CodeMode::closure) << made.fallback_reason;
  EXPECT_GE(made.followed, 2U);
}
#endif

TEST_F(Fingerprint, of_a_virtual_member_the_whole_binary_counts) {
  const CodeFingerprint made = fingerprint_of(&code_test::Base::value);
  EXPECT_EQ(made.mode, CodeMode::build_id);
  EXPECT_NE(made.fallback_reason.find("virtual"), std::string::npos);
}

TEST_F(Fingerprint, alone_a_function_names_what_it_calls) {
  const FingerprintOptions alone = {.mode = CodeMode::self};
  const CodeExplanation explained = explain_code_of(outer, alone);
  const std::string called = "larder::code_test::inner(int)";
  EXPECT_THAT(explained.by_name, testing::Contains(called));
  // A sanitizer's build has data without a name beside the function itself.
  EXPECT_EQ(std::ranges::count(explained.followed, called, &FollowedCode::name), 0);
  EXPECT_NE(fingerprint_of(outer, alone).digest, fingerprint_of(outer).digest);
}

TEST_F(Fingerprint, marks_decide_what_is_followed) {
  const auto follows_inner = [](const FingerprintOptions& options) {
    const CodeExplanation explained = explain_code_of(outer, options);
    return std::ranges::count(explained.followed, "larder::code_test::inner(int)",
                              &FollowedCode::name) == 1;
  };
  EXPECT_TRUE(follows_inner({}));
  EXPECT_FALSE(follows_inner({.stable = {"larder::code_test::inner"}}));
  EXPECT_FALSE(follows_inner({.stable = {"larder::"}}));
  EXPECT_TRUE(follows_inner({.stable = {"larder::code_test::inn"}}));
  EXPECT_TRUE(follows_inner({.mode = CodeMode::self, .unstable = {"larder::code_test::"}}));
  EXPECT_TRUE(follows_inner({.stable = {"larder::"}, .unstable = {"larder::code_test::inner"}}));
}

TEST_F(Fingerprint, tags_and_libraries_make_others) {
  EXPECT_NE(fingerprint_of(outer, {.tag = "v2"}).digest, fingerprint_of(outer).digest);
  EXPECT_NE(fingerprint_of(outer, {.libraries = {self}}).digest, fingerprint_of(outer).digest);
  const FingerprintOptions tag = {.mode = CodeMode::tag, .tag = "v1"};
  EXPECT_EQ(fingerprint_of(outer, tag).digest, fingerprint_of(other, tag).digest);
  const FingerprintOptions strict = {.mode = CodeMode::build_id};
  EXPECT_EQ(fingerprint_of(outer, strict).digest, fingerprint_of(other, strict).digest);
  EXPECT_EQ(fingerprint_of(outer, strict).fallback_reason, "");
  FingerprintOptions strict_about_all = strict;
  strict_about_all.libraries = {self};
  EXPECT_NE(fingerprint_of(outer, strict).digest, fingerprint_of(outer, strict_about_all).digest);
}

TEST_F(Fingerprint, indirect_calls_are_counted) {
  const auto calls = [](int (*hidden)(int)) { return hidden(3) + 1; };
  const FingerprintOptions alone = {.mode = CodeMode::self};
  EXPECT_GE(fingerprint_of(calls, alone).indirect_calls, 1U);
  EXPECT_EQ(fingerprint_of(inner, alone).indirect_calls, 0U);
}

TEST_F(Fingerprint, many_threads_and_a_child_agree) {
  const Digest128 expected = fingerprint(self, "code_test::outer").digest;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { EXPECT_EQ(fingerprint_of(outer).digest, expected); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(test::run_in_child([&] {
                return fingerprint_of(outer).digest == expected ? 0 : 1;
              }).is_good());
}

TEST_F(Fingerprint, ambiguous_and_unknown_names_are_errors_that_help) {
  test::expect_kind(ErrorKind::invalid_argument,
                    [] { static_cast<void>(fingerprint(self, "no_such_function")); });
  try {
    static_cast<void>(fingerprint(self, "code_test::overloaded"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("overloaded(double)"), std::string::npos);
  }
  EXPECT_EQ(fingerprint(self, "larder::code_test::overloaded(int)").function,
            "larder::code_test::overloaded(int)");
  EXPECT_EQ(matching_functions(self, "overloaded").size(), 2U);
}

TEST_F(Fingerprint, a_file_that_cannot_be_read_is_an_error) {
  for (std::uint64_t nth = 1; nth < 1000; ++nth) {
    test::FaultyIo io;
    io.fail("any", nth, EIO);
    try {
      static_cast<void>(fingerprint(self, "code_test::outer", {}, io));
    } catch (const Error&) {
      continue;
    }
    if (io.faults() == 0) return;
  }
  FAIL() << "it never worked";
}

TEST(Changes, say_what_is_new_and_what_is_other) {
  CodeExplanation before;
  before.followed = {{.name = "a", .digest = {1, 1}}, {.name = "b", .digest = {2, 2}}};
  before.by_name = {"puts"};
  CodeExplanation after = before;
  EXPECT_TRUE(compare(before, after).empty());
  after.followed = {{.name = "a", .digest = {1, 2}}, {.name = "c", .digest = {2, 2}}};
  const CodeChanges changes = compare(before, after);
  EXPECT_EQ(changes.changed, std::vector<std::string>{"a"});
  EXPECT_EQ(changes.added, std::vector<std::string>{"c"});
  EXPECT_EQ(changes.removed, std::vector<std::string>{"b"});
}

}  // namespace
}  // namespace larder
