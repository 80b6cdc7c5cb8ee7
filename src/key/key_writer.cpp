// SPDX-License-Identifier: Apache-2.0
#include "larder/key/key_writer.h"

#include <string>

#include "larder/core/error.h"

namespace larder {

void KeyWriter::throw_too_deep() {
  throw Error(ErrorKind::invalid_argument, "cannot make a key: tuples are nested more than " +
                                               std::to_string(max_key_depth) +
                                               " deep; use a flatter key");
}

void KeyWriter::put_escaped(detail::KeyTag tag, BytesView bytes) {
  put_tag(tag);
  while (!bytes.empty()) {
    const auto* zero = static_cast<const std::byte*>(std::memchr(bytes.data(), 0, bytes.size()));
    if (zero == nullptr) break;
    const auto count = static_cast<std::size_t>(zero - bytes.data()) + 1;
    out_.append(bytes.first(count));
    put_tag(detail::after_zero_more);
    bytes = bytes.subspan(count);
  }
  out_.append(bytes);
  put_tag(0);
  put_tag(detail::after_zero_end);
}

}  // namespace larder
