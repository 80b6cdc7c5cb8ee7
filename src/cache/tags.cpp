// SPDX-License-Identifier: Apache-2.0
#include "cache/tags.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "cache/wire_number.h"
#include "larder/core/error.h"

namespace larder::detail {

Bytes encode_tags(std::span<const std::string> tags) {
  constexpr std::size_t max_tag_bytes = 0xFFFF;
  constexpr std::size_t max_all_bytes = std::size_t{1} << 20U;
  std::vector<std::string_view> sorted(tags.begin(), tags.end());
  std::ranges::sort(sorted);
  const auto twice = std::ranges::unique(sorted);
  sorted.erase(twice.begin(), twice.end());

  Bytes out;
  for (const std::string_view tag : sorted) {
    if (tag.size() > max_tag_bytes) {
      throw Error(ErrorKind::invalid_argument, "cache: a tag is longer than 65535 bytes");
    }
    append_number(out, static_cast<std::uint16_t>(tag.size()));
    append(out, as_bytes(tag));
  }
  if (out.size() > max_all_bytes) {
    throw Error(ErrorKind::invalid_argument, "cache: the tags of an entry are longer than 1 MiB");
  }
  return out;
}

void for_each_tag(BytesView encoded, FunctionRef<void(std::string_view tag)> visit) {
  NumberReader in(encoded);
  while (!in.rest().empty()) visit(as_text(in.take_bytes(in.take<std::uint16_t>())));
}

bool are_tags(BytesView encoded) {
  NumberReader in(encoded);
  while (!in.rest().empty()) in.take_bytes(in.take<std::uint16_t>());
  return in.ok();
}

}  // namespace larder::detail
