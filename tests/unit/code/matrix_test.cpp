// SPDX-License-Identifier: Apache-2.0

// Programs are built twice and more by real compilers: what changed in a function must change its
// fingerprint, and nothing else may.

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "larder/code/explanation.h"
#include "larder/code/fingerprint.h"
#include "support/settings.h"
#include "support/temp_dir.h"

namespace larder {
namespace {

/// The function that change number i + 1 of matrix/subject.cpp is about.
constexpr std::array<std::string_view, 40> subjects = {"plain",
                                                       "c_function",
                                                       "uses_inline",
                                                       "uses_callee",
                                                       "uses_math",
                                                       "uses_string",
                                                       "uses_float",
                                                       "uses_switch",
                                                       "uses_lookup",
                                                       "uses_table",
                                                       "uses_template",
                                                       "uses_lambda",
                                                       "uses_virtual",
                                                       "throwing",
                                                       "catching",
                                                       "local_array",
                                                       "uses_pointers",
                                                       "uses_names",
                                                       "uses_static",
                                                       "uses_global",
                                                       "uses_thread_local",
                                                       "uses_wide",
                                                       "uses_suffix",
                                                       "uses_vector",
                                                       "uses_recursion",
                                                       "uses_mask",
                                                       "uses_variable",
                                                       "uses_switch_text",
                                                       "uses_resolver",
                                                       "uses_list",
                                                       "uses_order",
                                                       "uses_cast",
                                                       "uses_guard",
                                                       "uses_view",
                                                       "uses_structs",
                                                       "uses_factors",
                                                       "uses_function",
                                                       "uses_method",
                                                       "uses_long_list",
                                                       "uses_long_texts"};

struct Build {
  std::string compiler;
  std::string level;
  std::string options = "-fPIE -pie";
};

// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest looks for this name.
void PrintTo(const Build& build, std::ostream* out) {
  *out << build.compiler << ' ' << build.level << ' ' << build.options;
}

std::string name_of(const testing::TestParamInfo<Build>& build) {
  std::string name = build.param.compiler + '_' + build.param.level;
  if (build.param.options != Build().options) name += build.param.options;
  std::erase_if(
      name, [](char c) { return c != '_' && std::isalnum(static_cast<unsigned char>(c)) == 0; });
  return name;
}

class Matrix : public testing::TestWithParam<Build> {
 protected:
  void SetUp() override {
    if (std::system((GetParam().compiler + " --version >/dev/null 2>&1").c_str()) != 0) {
      GTEST_SKIP() << GetParam().compiler << " is not installed";
    }
    if (fingerprint("/proc/self/exe", "main").mode != CodeMode::closure) {
      GTEST_SKIP() << fingerprint("/proc/self/exe", "main").fallback_reason;
    }
  }

  /// Builds the subject with `more` options, from a copy of its source in a folder of that name.
  [[nodiscard]] std::filesystem::path build(const std::string& folder,
                                            const std::string& more) const {
    const std::filesystem::path place = folder_ / folder;
    std::filesystem::create_directory(place);
    std::filesystem::copy_file(LARDER_MATRIX_SUBJECT, place / "subject.cpp");
    const std::string command = "cd '" + place.string() + "' && " + GetParam().compiler +
                                " -std=c++20 -w " + GetParam().options + ' ' + GetParam().level +
                                ' ' + more + " subject.cpp -o subject";
    if (std::system(command.c_str()) != 0) ADD_FAILURE() << command;
    return place / "subject";
  }

  /// Builds several at the same time: folder and options.
  [[nodiscard]] std::vector<std::filesystem::path> build_all(
      const std::vector<std::pair<std::string, std::string>>& wanted) const {
    std::vector<std::filesystem::path> built(wanted.size());
    for (std::size_t i = 0; i < wanted.size(); i += 2) {
      auto other = std::async(std::launch::async, [&] {
        if (i + 1 < wanted.size()) built[i + 1] = build(wanted[i + 1].first, wanted[i + 1].second);
      });
      built[i] = build(wanted[i].first, wanted[i].second);
      other.get();
    }
    return built;
  }

 private:
  test::TempDir folder_;
};

std::map<std::string_view, CodeExplanation> explain_all(const std::filesystem::path& binary) {
  std::map<std::string_view, CodeExplanation> all;
  for (const std::string_view subject : subjects) {
    all.emplace(subject, explain(binary, subject));
    EXPECT_EQ(all.at(subject).fingerprint.fallback_reason, "") << subject;
  }
  return all;
}

std::string text_of(const CodeChanges& changes) {
  std::string text;
  for (const auto& name : changes.changed) text += "  changed: " + name + '\n';
  for (const auto& name : changes.added) text += "  added: " + name + '\n';
  for (const auto& name : changes.removed) text += "  removed: " + name + '\n';
  return text;
}

/// A set of changes: bit `i + 1` is the one of subject `i`, as in the program.
using Changes = std::uint64_t;

constexpr bool has(Changes changes, std::size_t subject) {
  return (changes >> (subject + 1) & 1U) != 0;
}

std::string option(Changes changes) { return "-DCHANGES=" + std::to_string(changes) + "ULL"; }

/// Expects other fingerprints of the subjects that were changed, and the same of all others.
void expect_changed(const std::map<std::string_view, CodeExplanation>& before,
                    const std::filesystem::path& binary, Changes changes) {
  const auto all = explain_all(binary);
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    const std::string_view subject = subjects[i];
    const CodeExplanation& old = before.at(subject);
    const CodeExplanation& after = all.at(subject);
    if (has(changes, i)) {
      EXPECT_NE(old.fingerprint.digest, after.fingerprint.digest) << subject << " missed";
      EXPECT_FALSE(compare(old, after).empty()) << subject;
    } else {
      EXPECT_EQ(old.fingerprint.digest, after.fingerprint.digest)
          << subject << " in " << binary << ", false alarm\n"
          << text_of(compare(old, after));
    }
  }
}

constexpr Changes all_changes = ~Changes{0};

std::vector<Changes> single_changes() {
  std::vector<Changes> sets;
  for (std::size_t i = 0; i < subjects.size(); ++i) sets.push_back(Changes{1} << (i + 1));
  return sets;
}

/// A few sets such that for every two changes some set has the first and not the second: each is
/// in another four of the eight.
std::vector<Changes> separating_changes() {
  constexpr std::size_t count = 8;
  std::vector<Changes> sets(count);
  unsigned members = 0;
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    do ++members;
    while (std::popcount(members) != count / 2);
    for (std::size_t set = 0; set < count; ++set) {
      if ((members >> set & 1U) != 0) sets[set] |= Changes{1} << (i + 1);
    }
  }
  EXPECT_LT(members, 1U << count);
  return sets;
}

TEST_P(Matrix, sees_changes_and_nothing_else) {
  const auto built = build_all({{"base", ""},
                                {"changed", option(all_changes)},
                                {"another_folder_with_debug_information", "-g"},
                                {"unrelated", "-DUNRELATED"}});
  const auto before = explain_all(built[0]);
  expect_changed(before, built[1], all_changes);
  expect_changed(before, built[2], 0);
  expect_changed(before, built[3], 0);
}

TEST_P(Matrix, each_change_is_seen_where_it_is) {
  if (GetParam().options != Build().options) GTEST_SKIP() << "all changes at once are enough here";
  std::vector<std::pair<std::string, std::string>> wanted = {{"base", ""}};
  const std::vector<Changes> sets = test::is_full() ? single_changes() : separating_changes();
  for (const Changes changes : sets) {
    wanted.emplace_back(std::to_string(wanted.size()), option(changes));
  }
  const auto built = build_all(wanted);
  const auto before = explain_all(built[0]);
  for (std::size_t i = 0; i < sets.size(); ++i) expect_changed(before, built[i + 1], sets[i]);
}

std::vector<Build> builds() {
  std::vector<Build> all;
  for (const std::string compiler : {"g++", "clang++-19"}) {
    for (const std::string level : {"-O0", "-O2"}) {
      all.push_back({.compiler = compiler, .level = level});
    }
    if (!test::is_full()) continue;
    for (const std::string level : {"-O3", "-Os"}) {
      all.push_back({.compiler = compiler, .level = level});
    }
    for (const std::string options :
         {"-fPIC -shared", "-fPIE -pie -fno-plt -fcf-protection=full", "-fPIE -pie -Wl,-z,lazy",
          "-fPIC -shared -fno-plt -ffunction-sections -fdata-sections", "-fPIE -pie -mavx2 -mfma",
          "-fPIE -pie -Wl,-z,pack-relative-relocs"}) {
      all.push_back({.compiler = compiler, .level = "-O2", .options = options});
    }
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Compilers, Matrix, testing::ValuesIn(builds()), name_of);

}  // namespace
}  // namespace larder
