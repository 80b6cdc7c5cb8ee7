// SPDX-License-Identifier: Apache-2.0
#include "larder/codec/unordered.h"

#include <algorithm>

namespace larder::detail {

void sort_pieces(Bytes& bytes, std::size_t begin, const std::vector<std::size_t>& ends) {
  const Bytes unsorted(bytes.begin() + static_cast<std::ptrdiff_t>(begin), bytes.end());
  std::vector<BytesView> pieces;
  pieces.reserve(ends.size());
  std::size_t from = begin;
  for (const std::size_t end : ends) {
    pieces.push_back(BytesView(unsorted).subspan(from - begin, end - from));
    from = end;
  }
  std::sort(pieces.begin(), pieces.end(), BytesLess());
  bytes.resize(begin);
  for (const BytesView piece : pieces) append(bytes, piece);
}

}  // namespace larder::detail
