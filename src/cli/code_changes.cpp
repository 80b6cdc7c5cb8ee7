// SPDX-License-Identifier: Apache-2.0
#include "cli/code_changes.h"

#include <string>

#include "cli/console.h"

namespace larder::cli {

void print_names(std::string_view heading, const std::vector<std::string>& names) {
  if (names.empty()) return;
  std::string text = std::string(heading) + ":\n";
  for (const std::string& name : names) text += "  " + name + "\n";
  print(text);
}

void print_changes(const CodeChanges& changes) {
  print_names("changed", changes.changed);
  print_names("added", changes.added);
  print_names("removed", changes.removed);
}

void add_changes(JsonObject& object, const CodeChanges& changes) {
  object.texts("changed", changes.changed)
      .texts("added", changes.added)
      .texts("removed", changes.removed);
}

}  // namespace larder::cli
