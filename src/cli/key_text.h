// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/arguments.h"
#include "larder/key/key.h"

namespace larder::cli {

/// How keys are written on the command line: the option `--key-type`.
class KeyText {
 public:
  /// Declares the option.
  void declare(Arguments& arguments);

  /// The key that `text` means.
  /// @throws UsageError
  [[nodiscard]] Key read(const std::string& text) const;

 private:
  std::string type_ = "text";
};

/// How `key` is shown to people, on one line: text as it is, other kinds as the library writes
/// them.
[[nodiscard]] std::string show_key(const Key& key);

/// Whether `text` is UTF-8, as JSON needs it.
[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace larder::cli
