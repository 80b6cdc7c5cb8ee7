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

FunctionIdentity function_identity(FunctionIdentity known, const std::type_info* type) {
  if (!known.name.empty()) return known;
  const std::string_view name = type == nullptr ? "" : type->name();
  if (!name.empty() && is_stable(name)) {
    known.name = name;
  } else if (known.code.empty()) {
    throw Error(ErrorKind::invalid_argument,
                "memoize: the function has no name that is the same in every program; in a place "
                "that others share, give it one by the option 'name'");
  }
  return known;
}

KeyPrefix keys_of(const FunctionIdentity& identity) {
  return KeyPrefix::tuple(Key(WrittenKey{[&](KeyWriter& out) {
    out.begin_tuple();
    identity.write(out);
    out.end_tuple();
  }}));
}

void throw_errors_not_kept() {
  throw Error(ErrorKind::invalid_argument,
              "memoize: exceptions are remembered in memory only; return what went wrong instead");
}

}  // namespace larder::detail
