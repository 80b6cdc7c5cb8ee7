// SPDX-License-Identifier: Apache-2.0
#include "larder/memo/detail/bind_arguments.h"

#include <string>

#include "larder/core/error.h"

namespace larder::detail {

void throw_wrong_type(std::string_view name) {
  throw Error(ErrorKind::invalid_argument,
              "memoize: the argument '" + std::string(name) + "' is of another type");
}

void throw_given_twice(std::size_t position) {
  throw Error(ErrorKind::invalid_argument,
              "memoize: the argument " + std::to_string(position) + " is given twice");
}

void throw_missing(std::size_t position) {
  throw Error(ErrorKind::invalid_argument,
              "memoize: the argument " + std::to_string(position) +
                  " is missing and has no default; see the option 'defaults'");
}

}  // namespace larder::detail
