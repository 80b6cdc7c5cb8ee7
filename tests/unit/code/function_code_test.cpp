// SPDX-License-Identifier: Apache-2.0

// The code of several functions together, and what is said when it cannot be told.

#include "larder/code/function_code.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "larder/code/source_text.h"

namespace larder {
namespace {

__attribute__((noinline)) int one(int x) { return x * 17 + 3; }
__attribute__((noinline)) int two(int x) { return x * 19 - 5; }
struct Three {
  int operator()(int x) const { return x + 1; }
};
struct Virtual {
  virtual ~Virtual() = default;
  virtual int call() { return 1; }
};

TEST(FunctionCode, stands_for_any_callable) {
  EXPECT_EQ(FunctionCode(one).fingerprint().digest, fingerprint_of(one).digest);
  EXPECT_EQ(FunctionCode(Three()).fingerprint().digest, fingerprint_of(Three()).digest);
  EXPECT_EQ(FunctionCode(&Three::operator()).fingerprint().digest,
            FunctionCode(Three()).fingerprint().digest);
  const auto source = LARDER_FN([](int x) { return x; });
  EXPECT_EQ(FunctionCode(source).fingerprint().digest, source.source_digest());
  EXPECT_NE(FunctionCode(source).fingerprint({.tag = "a"}).digest, source.source_digest());
}

TEST(FunctionCode, all_functions_count_together) {
  const CodeFingerprint first = fingerprint_together({one});
  const CodeFingerprint both = fingerprint_together({one, two});
  EXPECT_EQ(first.digest, fingerprint_of(one).digest);
  EXPECT_NE(both.digest, first.digest);
  EXPECT_NE(both.digest, fingerprint_together({two, one}).digest);
  EXPECT_EQ(both.function, first.function);
  const CodeExplanation explanation = explain_together({one, two});
  EXPECT_EQ(explanation.fingerprint.digest, both.digest);
  EXPECT_EQ(explain_together({one, one}).followed.size(), explain_code_of(one).followed.size());
}

TEST(FunctionCode, explanation_after_the_fingerprint_is_the_same) {
  const FingerprintOptions options{.tag = "once"};
  const CodeFingerprint made = FunctionCode(one).fingerprint(options);
  for (int i = 0; i < 2; ++i) {
    const CodeExplanation explanation = FunctionCode(one).explain(options);
    EXPECT_EQ(explanation.fingerprint.digest, made.digest);
    EXPECT_FALSE(explanation.followed.empty() && made.mode == CodeMode::closure);
  }
}

TEST(FunctionCode, what_could_not_be_made_as_wanted_is_said_once) {
  std::vector<std::string> said;
  const LogSink log = [&](LogLevel, std::string_view message) { said.emplace_back(message); };
  const CodeFingerprint made = fingerprint_together({&Virtual::call});
  ASSERT_EQ(made.mode, CodeMode::build_id);
  report_fallback(made, log);
  report_fallback(made, log);
  ASSERT_EQ(said.size(), 1U);
  EXPECT_NE(said[0].find(made.fallback_reason), std::string::npos);
  if (FunctionCode(one).fingerprint().fallback_reason.empty()) {
    report_fallback(FunctionCode(one).fingerprint(), log);
    EXPECT_EQ(said.size(), 1U);
  }
}

}  // namespace
}  // namespace larder
