// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace larder::cli {

/// Reads the arguments of one command into variables. Names are written like `"-l,--long"`. The
/// variables must live until `parse` returns.
class Arguments {
 public:
  Arguments();
  ~Arguments();
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  /// An option without a value: sets `target` to true.
  void flag(const std::string& names, bool& target);
  /// An option with a value that is kept as text.
  void text(const std::string& names, std::string& target);
  /// An option with a value that may be given several times.
  void texts(const std::string& names, std::vector<std::string>& target);
  /// An option whose value `read` understands, or refuses with a `UsageError`.
  void value(const std::string& names, const std::function<void(const std::string&)>& read);
  /// An option whose value is one of `choices`.
  void choice(const std::string& names, std::string& target, std::vector<std::string> choices);
  /// The next argument that is no option; it must be there.
  void required(const std::string& name, std::string& target);
  /// The next argument that is no option, if there is one.
  void optional(const std::string& name, std::optional<std::string>& target);
  /// All further arguments that are no options; at least one.
  void one_or_more(const std::string& name, std::vector<std::string>& target);
  /// From the first argument that is no option on, everything goes to `target` as it is.
  void command_line(std::vector<std::string>& target);

  /// Reads `arguments`.
  /// @throws UsageError that says what is wrong
  void parse(std::vector<std::string> arguments);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

/// The one of `words` that `word` was probably meant to be, or nothing.
[[nodiscard]] std::optional<std::string> nearest_word(const std::string& word,
                                                      const std::vector<std::string>& words);

}  // namespace larder::cli
