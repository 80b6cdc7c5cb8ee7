// SPDX-License-Identifier: Apache-2.0
#include "larder/memo/call_key.h"

#include <algorithm>
#include <iterator>

#include "larder/core/error.h"
#include "memo/copy_element.h"

namespace larder {

void FunctionIdentity::write(KeyWriter& out) const {
  out.begin_tuple();
  out.write_text(name);
  out.write_text(version);
  out.write_unsigned(signature);
  out.write_text(code);
  out.end_tuple();
}

namespace detail {

namespace {

/// Bits for the positions from `first` on and below `end`.
std::uint64_t bits_between(std::size_t first, std::size_t end) {
  std::uint64_t bits = 0;
  for (std::size_t i = first; i < end; ++i) bits |= std::uint64_t{1} << i;
  return bits;
}

}  // namespace

CallKeyRules::CallKeyRules(CallKeyOptions options, std::size_t parameters,
                           std::optional<FunctionIdentity> identity)
    : options_(std::move(options)),
      identity_(std::move(identity)),
      is_plain_(options_.map.is_raw() && !options_.rounding) {
  if (options_.names.size() > parameters) {
    throw Error(ErrorKind::invalid_argument,
                "memoize: there are " + std::to_string(options_.names.size()) + " names for " +
                    std::to_string(parameters) + " parameters");
  }
  for (auto name = options_.names.begin(); name != options_.names.end(); ++name) {
    if (std::find(std::next(name), options_.names.end(), *name) == options_.names.end()) continue;
    throw Error(ErrorKind::invalid_argument, "memoize: two parameters are called '" + *name + "'");
  }
  for (const Parameter& ignored : options_.ignore) {
    if (ignored.name == "*") {
      ignored_ |= bits_between(options_.names.size(), parameters);
      continue;
    }
    const std::size_t at = ignored.name.empty() ? ignored.position : position(ignored.name);
    if (at >= parameters) {
      throw Error(ErrorKind::invalid_argument,
                  "memoize: there is no parameter " + std::to_string(at) + " to ignore");
    }
    ignored_ |= bits_between(at, at + 1);
  }
}

std::size_t CallKeyRules::position(std::string_view name) const {
  const auto found = std::ranges::find(options_.names, name);
  if (found != options_.names.end()) {
    return static_cast<std::size_t>(std::distance(options_.names.begin(), found));
  }
  throw Error(ErrorKind::invalid_argument, "memoize: no parameter is called '" + std::string(name) +
                                               "'; see the option 'names'");
}

Key CallKeyRules::finish(Key arguments) const {
  if (options_.rounding) arguments = rounded(arguments, *options_.rounding);
  arguments = options_.map(std::move(arguments));
  if (!identity_) return arguments;
  return Key(WrittenKey{[&](KeyWriter& out) {
    KeyReader in(arguments.bytes());
    out.begin_tuple();
    identity_->write(out);
    copy_element(in, out);
    out.end_tuple();
  }});
}

KeyReader CallKeyRules::arguments_of(const Key& key) const {
  if (!options_.map.is_raw()) {
    throw Error(ErrorKind::invalid_argument,
                "memoize: the arguments cannot be read back from a digest or text of them");
  }
  KeyReader in(key.bytes());
  if (options_.rounding) in.take_nearest_floats();
  if (identity_) {
    in.begin_tuple();
    in.skip();
  }
  return in;
}

void throw_no_key(std::size_t position) {
  throw Error(ErrorKind::invalid_argument,
              "memoize: parameter " + std::to_string(position) +
                  " has no KeyCodec; ignore it, or give a function that makes the key");
}

}  // namespace detail

}  // namespace larder
