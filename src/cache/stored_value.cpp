// SPDX-License-Identifier: Apache-2.0
#include "cache/stored_value.h"

#include "codec/compress.h"

namespace larder::detail {

Packed::Packed(BytesView value, std::uint64_t compress_above_bytes) : value_(value) {
  constexpr int level = 3;  // what Zstandard itself takes: larger ones cost more than they save
  if (value.size() <= compress_above_bytes) return;
  packed_ = compress(value, level);
  if (packed_.size() >= value.size()) packed_.clear();
}

StoredValue::StoredValue(const Record& record)
    : value_(record.value), is_unpacked_(record.compressed) {
  if (is_unpacked_) unpacked_ = decompress(record.value, record.raw_bytes);
}

Error full_error(const Key& key) {
  return {ErrorKind::full, "cache: no room for " + key.to_string() +
                               ": it is larger than max_bytes, or nothing may be evicted"};
}

}  // namespace larder::detail
