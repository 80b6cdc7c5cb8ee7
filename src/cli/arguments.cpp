// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstddef>
#include <utility>

#include "cli/exit_code.h"

namespace larder::cli {
namespace {

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({changed, row[j] + 1, row[j - 1] + 1}));
    }
  }
  return row[b.size()];
}

}  // namespace

struct Arguments::Parser {
  CLI::App app;
  std::vector<std::string>* command_line = nullptr;

  std::vector<std::string> option_names() const {
    std::vector<std::string> names;
    for (const CLI::Option* option : app.get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
    return names;
  }

  [[noreturn]] void refuse_rest(const std::string& argument) const {
    std::string message = "unexpected argument '" + argument + "'";
    if (argument.starts_with("-")) {
      message = "there is no option " + argument;
      const std::string name = argument.substr(0, argument.find('='));
      const std::optional<std::string> meant = nearest_word(name, option_names());
      if (meant) message += "; did you mean " + *meant + "?";
    }
    throw UsageError(message);
  }
};

Arguments::Arguments() : parser_(std::make_unique<Parser>()) {
  // Help is written by hand and printed by main.
  parser_->app.set_help_flag();
  parser_->app.allow_extras();
}

Arguments::~Arguments() = default;

void Arguments::flag(const std::string& names, bool& target) {
  parser_->app.add_flag(names, target);
}

void Arguments::text(const std::string& names, std::string& target) {
  parser_->app.add_option(names, target)->type_name("VALUE");
}

void Arguments::texts(const std::string& names, std::vector<std::string>& target) {
  parser_->app.add_option(names, target)->allow_extra_args(false)->type_name("VALUE");
}

void Arguments::value(const std::string& names,
                      const std::function<void(const std::string&)>& read) {
  parser_->app.add_option_function<std::string>(names, read);
}

void Arguments::choice(const std::string& names, std::string& target,
                       std::vector<std::string> choices) {
  value(names, [names, &target, choices = std::move(choices)](const std::string& text) {
    if (std::ranges::find(choices, text) == choices.end()) {
      std::string message = names + " '" + text + "' is unknown: choose one of";
      for (const std::string& choice : choices) message += " " + choice;
      throw UsageError(message);
    }
    target = text;
  });
}

void Arguments::required(const std::string& name, std::string& target) {
  parser_->app.add_option(name, target)->required();
}

void Arguments::optional(const std::string& name, std::optional<std::string>& target) {
  parser_->app.add_option_function<std::string>(
      name, [&target](const std::string& text) { target = text; });
}

void Arguments::one_or_more(const std::string& name, std::vector<std::string>& target) {
  parser_->app.add_option(name, target)->required();
}

void Arguments::command_line(std::vector<std::string>& target) {
  parser_->app.prefix_command();
  parser_->command_line = &target;
}

void Arguments::parse(std::vector<std::string> arguments) {
  try {
    std::ranges::reverse(arguments);
    parser_->app.parse(arguments);
  } catch (const CLI::RequiredError& error) {
    std::string name = error.what();
    name = name.substr(0, name.find(' '));
    throw UsageError("the argument " + name + " is missing");
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string message = error.what();
    throw UsageError(message.substr(0, message.find(':')) + " needs a value");
  } catch (const CLI::ParseError& error) {
    throw UsageError(error.what());
  }
  std::vector<std::string> rest = parser_->app.remaining();
  const bool has_mark = !rest.empty() && rest.front() == "--";
  if (has_mark) rest.erase(rest.begin());
  if (rest.empty()) return;
  if (parser_->command_line == nullptr || (!has_mark && rest.front().starts_with("-"))) {
    parser_->refuse_rest(rest.front());
  }
  *parser_->command_line = std::move(rest);
}

std::optional<std::string> nearest_word(const std::string& word,
                                        const std::vector<std::string>& words) {
  const auto distance = [&word](const std::string& other) { return edit_distance(word, other); };
  const auto best = std::ranges::min_element(words, {}, distance);
  if (best == words.end()) return std::nullopt;
  const std::size_t allowed = best->size() < 3 ? 1 : 2;
  return distance(*best) <= allowed ? std::optional(*best) : std::nullopt;
}

}  // namespace larder::cli
