// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "larder/codec/codec.h"

namespace larder::detail {

/// How the compiler writes `T`; for messages only, as compilers differ.
template <typename T>
consteval auto type_name() {
  const std::string_view text = __PRETTY_FUNCTION__;
  const std::size_t begin = text.find("T = ") + 4;
  return text.substr(begin, text.rfind(']') - begin);
}

/// What a container holds: kept in it, and compared when it is opened.
struct ItemType {
  std::uint64_t schema = 0;    ///< `Codec<T>::schema()`.
  std::string_view name = {};  ///< For messages. Points to constants.
};

template <Encodable T>
[[nodiscard]] consteval ItemType item_type() {
  return {.schema = Codec<T>::schema(), .name = type_name<T>()};
}

}  // namespace larder::detail
