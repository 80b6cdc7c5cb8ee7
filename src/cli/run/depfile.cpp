// SPDX-License-Identifier: Apache-2.0
#include "cli/run/depfile.h"

#include <algorithm>
#include <cstddef>

namespace larder::cli {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

// Reads words the way make does: blanks part them, a backslash before a blank or a '#' takes its
// meaning away, "$$" is a dollar, and a line that ends in a backslash goes on.
class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {}

  /// The next word on this line, or nothing at its end. A colon that ends a word is a word.
  std::optional<std::string> next() {
    skip_blanks();
    if (rest_.empty() || rest_.front() == '\n') return std::nullopt;
    std::string word;
    while (!rest_.empty() && !ends_word()) take_character(word);
    if (!word.empty()) return word;
    rest_.remove_prefix(1);
    return ":";
  }

  /// Goes to the next line; false if there is none.
  bool next_line() {
    if (rest_.empty()) return false;
    rest_.remove_prefix(1);
    return !rest_.empty();
  }

 private:
  [[nodiscard]] std::size_t continuation() const {
    if (rest_.starts_with("\\\n")) return 2;
    return rest_.starts_with("\\\r\n") ? 3 : 0;
  }

  void skip_blanks() {
    while (!rest_.empty()) {
      if (const std::size_t size = continuation(); size != 0) {
        rest_.remove_prefix(size);
      } else if (is_blank(rest_.front())) {
        rest_.remove_prefix(1);
      } else {
        return;
      }
    }
  }

  [[nodiscard]] bool ends_word() const {
    const char c = rest_.front();
    if (c == '\n' || is_blank(c) || continuation() != 0) return true;
    return c == ':' && (rest_.size() == 1 || is_blank(rest_[1]) || rest_[1] == '\n');
  }

  void take_character(std::string& word) {
    if (rest_.starts_with("$$")) rest_.remove_prefix(1);
    if (rest_.front() == '\\') return take_backslashes(word);
    word += rest_.front();
    rest_.remove_prefix(1);
  }

  // Of backslashes before a blank or a '#' two stand for one; elsewhere they are what they are.
  void take_backslashes(std::string& word) {
    const std::size_t end = std::min(rest_.find_first_not_of('\\'), rest_.size());
    const bool before_special =
        end < rest_.size() && (is_blank(rest_[end]) || rest_[end] == '#' || rest_[end] == ':');
    // The last one may belong to the end of the line.
    const bool before_end = end < rest_.size() && rest_[end] == '\n';
    const std::size_t count = before_end ? end - 1 : end;
    word.append(before_special ? count / 2 : count, '\\');
    rest_.remove_prefix(count);
    if (!before_special || count % 2 == 0) return;
    word += rest_.front();
    rest_.remove_prefix(1);
  }

  std::string_view rest_;
};

}  // namespace

std::optional<std::vector<std::string>> parse_depfile(std::string_view text) {
  std::vector<std::string> names;
  Words words(text);
  do {
    bool is_prerequisite = false;
    bool is_empty = true;
    while (const std::optional<std::string> word = words.next()) {
      is_empty = false;
      if (is_prerequisite) {
        names.push_back(*word);
      } else {
        is_prerequisite = *word == ":";
      }
    }
    if (!is_empty && !is_prerequisite) return std::nullopt;
  } while (words.next_line());
  std::ranges::sort(names);
  const auto repeated = std::ranges::unique(names);
  names.erase(repeated.begin(), repeated.end());
  return names;
}

}  // namespace larder::cli
