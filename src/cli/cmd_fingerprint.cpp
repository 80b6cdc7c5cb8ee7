// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/code_changes.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/human.h"
#include "cli/json.h"
#include "larder/code/explanation.h"

namespace larder::cli {
namespace {

constexpr std::string_view help = R"(Show whether the code of a function is still the same.

Usage:
  larder fingerprint [OPTION]... NAME BINARY

Writes what stands for the machine code of function NAME of BINARY, a program
or shared library, and for all that it leads to in there. The same compiler
with the same options gives the same; a build that changes the function, or
something that it calls, gives another. NAME is written as in C++, with or
without namespaces and parameters, or mangled.

Options:
  --mode MODE       What counts: closure (default), the function with all that
                    it leads to; self, it alone; build_id, the whole BINARY.
  --tag WORD        Another WORD, another fingerprint.
  --stable NAME     Count this function by name although it would be followed;
                    ns:: all of a namespace or class. May be repeated.
  --unstable NAME   Follow it although that would not be done. May be repeated.
  --library FILE    Let this shared library count, too. May be repeated.
  --explain         List what was followed, what counts by name, and calls of
                    what is known only when the program runs.
  --compare OLD     Show what changed since OLD, an earlier build of BINARY.
  --json            Write JSON objects, one on each line.
  -q, --quiet       Say nothing but errors.
  -v, --verbose     Say what is going on.
  -h, --help        Show this.

Examples:
  larder fingerprint simulate ./model
  larder fingerprint --explain 'physics::step(double)' libphysics.so
  larder fingerprint --compare model.yesterday simulate ./model

Exit codes:
  0 done, or the same   1 failed, or different   2 usage, or no such function
  4 BINARY is damaged
)";

std::string mark_of(const FollowedCode& code) {
  return code.kind == CodeKind::function ? "function" : "data";
}

std::string shown(const std::string& name) { return name.empty() ? "(without a name)" : name; }

void print_explanation(const CodeExplanation& explanation) {
  if (!explanation.followed.empty()) print("follows:\n");
  for (const FollowedCode& code : explanation.followed) {
    std::string line = "  " + (mark_of(code) + "        ").substr(0, 8) + "  " +
                       code.digest.to_string().substr(0, 12) + "  " + shown(code.name) + "  (" +
                       human_size(code.size_bytes);
    if (code.indirect_calls > 0) {
      line += ", " + std::to_string(code.indirect_calls) + " indirect calls";
    }
    print(line + ")\n");
  }
  print_names("by name", explanation.by_name);
}

void print_json(const CodeExplanation& explanation) {
  for (const FollowedCode& code : explanation.followed) {
    print(JsonObject()
              .text("follows", code.name)
              .text("kind", mark_of(code))
              .text("digest", code.digest.to_string())
              .number("size_bytes", code.size_bytes)
              .number("indirect_calls", code.indirect_calls)
              .line());
  }
  for (const std::string& name : explanation.by_name) {
    print(JsonObject().text("by_name", name).line());
  }
}

class FingerprintCommand final : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.choice("--mode", mode_, {"closure", "self", "build_id"});
    arguments.text("--tag", options_.tag);
    arguments.texts("--stable", options_.stable);
    arguments.texts("--unstable", options_.unstable);
    arguments.texts("--library", libraries_);
    arguments.flag("--explain", explains_);
    arguments.text("--compare", old_);
    arguments.flag("--json", is_json_);
    arguments.required("NAME", name_);
    arguments.required("BINARY", binary_);
  }

  int execute(const Console& console) override {
    if (mode_ == "self") options_.mode = CodeMode::self;
    if (mode_ == "build_id") options_.mode = CodeMode::build_id;
    options_.libraries.assign(libraries_.begin(), libraries_.end());
    const CodeExplanation explanation = explain_one(binary_, console);
    if (!old_.empty()) return show_changes(explain_one(old_, console), explanation);
    show_fingerprint(explanation.fingerprint);
    if (explains_ && is_json_) print_json(explanation);
    if (explains_ && !is_json_) print_explanation(explanation);
    return static_cast<int>(ExitCode::done);
  }

 private:
  [[nodiscard]] CodeExplanation explain_one(const std::string& binary,
                                            const Console& console) const {
    CodeExplanation explanation = explain(binary, name_, options_);
    const std::string& reason = explanation.fingerprint.fallback_reason;
    if (!reason.empty()) console.warn("all of \"" + binary + "\" counts: " + reason);
    return explanation;
  }

  void show_fingerprint(const CodeFingerprint& made) const {
    if (!is_json_) {
      print(made.digest.to_string() + "  " + shown(made.function) + "\n");
      return;
    }
    print(JsonObject()
              .text("function", made.function)
              .text("digest", made.digest.to_string())
              .text("mode", to_string(made.mode))
              .number("followed", made.followed)
              .number("by_name", made.by_name)
              .number("indirect_calls", made.indirect_calls)
              .text("fallback_reason", made.fallback_reason)
              .line());
  }

  [[nodiscard]] int show_changes(const CodeExplanation& before,
                                 const CodeExplanation& after) const {
    const CodeChanges changes = compare(before, after);
    const bool is_same = before.fingerprint.digest == after.fingerprint.digest;
    if (is_json_) {
      JsonObject object;
      object.boolean("is_same", is_same)
          .text("old_digest", before.fingerprint.digest.to_string())
          .text("digest", after.fingerprint.digest.to_string());
      add_changes(object, changes);
      print(object.line());
    } else {
      print(is_same ? "the same\n" : "different\n");
      print_changes(changes);
    }
    return static_cast<int>(is_same ? ExitCode::done : ExitCode::failed);
  }

  FingerprintOptions options_;
  std::vector<std::string> libraries_;
  std::string mode_ = "closure";
  std::string name_;
  std::string binary_;
  std::string old_;
  bool explains_ = false;
  bool is_json_ = false;
};

}  // namespace

const CommandInfo fingerprint_command = {
    .name = "fingerprint", .help = help, .make = make_command<FingerprintCommand>};

}  // namespace larder::cli
