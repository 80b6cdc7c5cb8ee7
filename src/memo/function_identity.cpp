// SPDX-License-Identifier: Apache-2.0
#include "larder/memo/detail/function_identity.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "larder/core/error.h"

namespace larder::detail {

namespace {

constexpr bool is_digit(char character) { return character >= '0' && character <= '9'; }

/// Whether a type with this mangled name (Itanium C++ ABI) has the same name wherever it is
/// compiled: no lambda (U), nothing within a function (Z), no anonymous namespace.
bool is_stable(std::string_view mangled) {
  while (!mangled.empty()) {
    if (!is_digit(mangled.front())) {
      if (mangled.front() == 'Z' || mangled.front() == 'U') return false;
      mangled.remove_prefix(1);
      continue;
    }
    std::size_t length = 0;
    for (; !mangled.empty() && is_digit(mangled.front()); mangled.remove_prefix(1)) {
      length = length * 10 + static_cast<std::size_t>(mangled.front() - '0');
    }
    if (mangled.starts_with("_GLOBAL__N_")) return false;
    mangled.remove_prefix(std::min(length, mangled.size()));
  }
  return true;
}

}  // namespace

std::string lasting_name(const std::type_info& type) {
  return is_stable(type.name()) ? type.name() : "";
}

namespace {

[[noreturn]] void throw_no_name() {
  throw Error(ErrorKind::invalid_argument,
              "memoize: neither name nor code tell the function from others; in a place that "
              "outlives the program, give it a name by the option 'name'");
}

}  // namespace

FunctionIdentity lasting_identity(FunctionIdentity known, const FunctionTraits& traits,
                                  const std::optional<std::string>& code,
                                  FunctionRef<CodeFingerprint()> fingerprint) {
  bool is_known_by_code = code && !code->empty();
  if (code) {
    known.code = *code;
  } else {
    const CodeFingerprint made = fingerprint();
    known.code = made.digest.to_string();
    // The build-id of a binary is that of all functions in there; and those that are alike but for
    // variables that count by name are told apart by their own names.
    is_known_by_code =
        traits.is_only_code && made.mode != CodeMode::build_id && !made.function.empty();
    if (known.name.empty() && is_known_by_code) known.name = made.function;
  }
  if (known.name.empty()) known.name = traits.type_name;
  if (known.name.empty() && !is_known_by_code) throw_no_name();
  return known;
}

KeyPrefix keys_of(const FunctionIdentity& identity) {
  return KeyPrefix::tuple(Key(WrittenKey{[&](KeyWriter& out) {
    out.begin_tuple();
    identity.write(out);
    out.end_tuple();
  }}));
}

void throw_hidden_code() {
  throw Error(ErrorKind::invalid_argument,
              "memoize: nothing tells what a std::function calls; memoize the function itself, or "
              "set `code`, and `version` to tell old results from new ones");
}

void throw_errors_not_kept() {
  throw Error(ErrorKind::invalid_argument,
              "memoize: exceptions are remembered in memory only; return what went wrong instead");
}

}  // namespace larder::detail
