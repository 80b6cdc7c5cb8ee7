// SPDX-License-Identifier: Apache-2.0
#include "larder/key/key_prefix.h"

#include <cstddef>

namespace larder {

namespace {

// What ends text and bytes in an encoded key.
constexpr std::size_t end_bytes = 2;

BytesView without_end(const Key& key) { return key.bytes().first(key.bytes().size() - end_bytes); }

}  // namespace

KeyPrefix KeyPrefix::text(std::string_view text) { return KeyPrefix(without_end(Key(text))); }

KeyPrefix KeyPrefix::bytes(BytesView bytes) { return KeyPrefix(without_end(Key(to_bytes(bytes)))); }

KeyPrefix KeyPrefix::tuple(const Key& key) { return KeyPrefix(key.tuple_prefix()); }

}  // namespace larder
