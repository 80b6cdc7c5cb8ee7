// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/code_changes.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/human.h"
#include "cli/json.h"
#include "cli/place.h"
#include "larder/memo/function_history.h"

namespace larder::cli {
namespace {

constexpr std::string_view help = R"(Say why results of a memoized function are computed anew.

Usage:
  larder why [OPTION]... STORE [FUNCTION]

Lists the states in which function FUNCTION, or every one that has a name, has
been used with STORE, the oldest first, and what changed from one to the next:
the version that its author gave, the types of its parameters or result, or its
machine code, and where in it. Results of one state are not found by another.

Options:
  --json            Write a JSON object for each state.
  -q, --quiet       Say nothing but errors.
  -v, --verbose     Say what is going on.
  -h, --help        Show this.

Examples:
  larder why results simulate

Exit codes:
  0 done   1 failed   2 usage   3 no such function   4 store damaged
)";

std::string shown(const FunctionState& state) {
  std::string text = local_time(state.since) + "  " + state.identity.name;
  if (!state.identity.version.empty()) text += ", version " + state.identity.version;
  if (!state.identity.code.empty()) text += ", code " + state.identity.code;
  return text + "\n";
}

std::string shown(const FunctionChanges& changes) {
  std::string text;
  if (changes.is_other_version) text += ", another version";
  if (changes.has_other_types) text += ", other types";
  if (changes.has_other_code) text += ", other code";
  return text.empty() ? text : text.substr(2) + "\n";
}

class Why final : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.flag("--json", is_json_);
    arguments.required("STORE", store_);
    arguments.optional("FUNCTION", function_);
  }

  int execute(const Console& console) override {
    const Cache cache = open_existing_store(store_, console, OpenMode::read_only);
    const std::vector<FunctionState> history = function_history(cache, function_.value_or(""));
    if (history.empty()) {
      console.note(function_ ? "no function of that name was memoized there"
                             : "no function was memoized there");
      return static_cast<int>(ExitCode::absent);
    }
    for (const FunctionState& state : history) {
      const FunctionState* const before = last_of(history, state);
      const FunctionChanges changes =
          before == nullptr ? FunctionChanges() : compare(*before, state);
      if (is_json_) {
        print_json(state, changes);
      } else {
        print(shown(changes));
        print_changes(changes.code);
        print(shown(state));
      }
    }
    return static_cast<int>(ExitCode::done);
  }

 private:
  /// The state that the same function had before this one; null if this is its first.
  static const FunctionState* last_of(const std::vector<FunctionState>& history,
                                      const FunctionState& state) {
    const FunctionState* last = nullptr;
    for (const FunctionState& one : history) {
      if (&one == &state) break;
      if (one.identity.name == state.identity.name) last = &one;
    }
    return last;
  }

  static void print_json(const FunctionState& state, const FunctionChanges& changes) {
    JsonObject object;
    object.text("function", state.identity.name)
        .text("since", iso_time(state.since))
        .text("version", state.identity.version)
        .text("code", state.identity.code)
        .boolean("is_other_version", changes.is_other_version)
        .boolean("has_other_types", changes.has_other_types)
        .boolean("has_other_code", changes.has_other_code);
    add_changes(object, changes.code);
    print(object.line());
  }

  std::string store_;
  std::optional<std::string> function_;
  bool is_json_ = false;
};

}  // namespace

const CommandInfo why_command = {.name = "why", .help = help, .make = make_command<Why>};

}  // namespace larder::cli
