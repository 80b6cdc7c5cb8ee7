// SPDX-License-Identifier: Apache-2.0
#include "larder/engine/txn.h"

namespace larder {

KeyRange KeyRange::prefix(BytesView prefix) {
  KeyRange range{.begin = to_bytes(prefix)};
  // The first key behind all that start with `prefix` is `prefix` plus one, counted in its last
  // byte that is not 0xff. If there is none, no key is behind.
  Bytes end = to_bytes(prefix);
  while (!end.empty() && end.back() == std::byte{0xff}) end.pop_back();
  if (end.empty()) return range;
  end.back() = std::byte(std::to_integer<unsigned>(end.back()) + 1U);
  range.end = std::move(end);
  return range;
}

}  // namespace larder
