// SPDX-License-Identifier: Apache-2.0
#include "larder/key/key_codec.h"

#include <bit>
#include <limits>

#include "larder/core/error.h"

namespace larder::detail {

void throw_null_text() {
  throw Error(ErrorKind::invalid_argument,
              "cannot make a key of a null character pointer; use nullptr for a null key");
}

void throw_out_of_range(const char* type) {
  throw Error(ErrorKind::invalid_argument,
              std::string("key does not fit: its value cannot be kept in ") + type);
}

std::int64_t to_signed(KeyInteger value) {
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  if (value.is_negative) return static_cast<std::int64_t>(~value.magnitude + 1);
  if (value.magnitude > most) throw_out_of_range("the integer type");
  return static_cast<std::int64_t>(value.magnitude);
}

std::uint64_t to_unsigned(KeyInteger value) {
  if (value.is_negative) throw_out_of_range("the integer type");
  return value.magnitude;
}

}  // namespace larder::detail
