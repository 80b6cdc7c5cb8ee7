// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>

#include "larder/key/key.h"

namespace larder {

namespace detail {

/// A key that `write(KeyWriter&)` writes: one element.
template <std::invocable<KeyWriter&> Write>
struct WrittenKey {
  Write write;
};

template <typename Write>
WrittenKey(Write) -> WrittenKey<Write>;

}  // namespace detail

template <typename Write>
struct KeyCodec<detail::WrittenKey<Write>> {
  static void encode(const detail::WrittenKey<Write>& key, KeyWriter& out) { key.write(out); }
};

}  // namespace larder
