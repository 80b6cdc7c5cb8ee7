// SPDX-License-Identifier: Apache-2.0
#include "cache/files/file_ref.h"

#include <xxhash.h>

#include <charconv>
#include <string_view>

#include "cache/wire_number.h"

namespace larder::detail {

namespace {

constexpr std::size_t bucket_digits = 2;
constexpr std::size_t leaf_digits = 14;

std::string hex(std::uint64_t number, std::size_t digits) {
  constexpr std::string_view alphabet = "0123456789abcdef";
  std::string text(digits, '0');
  for (std::size_t i = digits; i-- > 0; number >>= 4U) text[i] = alphabet[number & 15U];
  return text;
}

}  // namespace

void append_file_ref(Bytes& out, const FileRef& ref) {
  append_number(out, ref.name);
  append_number(out, ref.bytes);
  append_number(out, ref.digest[0]);
  append_number(out, ref.digest[1]);
}

std::optional<FileRef> parse_file_ref(BytesView stored) {
  NumberReader in(stored);
  FileRef ref;
  ref.name = in.take<std::uint64_t>();
  ref.bytes = in.take<std::uint64_t>();
  ref.digest[0] = in.take<std::uint64_t>();
  ref.digest[1] = in.take<std::uint64_t>();
  constexpr std::uint64_t most_bytes = std::uint64_t{1} << 62U;  // so that sums do not overflow
  if (!in.ok() || !in.rest().empty() || ref.name == 0 || ref.bytes > most_bytes) {
    return std::nullopt;
  }
  return ref;
}

std::array<std::uint64_t, 2> digest_of(BytesView checksums) {
  const XXH128_hash_t hash = XXH3_128bits(checksums.data(), checksums.size());
  return {hash.low64, hash.high64};
}

std::string bucket_of(std::uint64_t name) { return hex(name >> 56U, bucket_digits); }

std::string leaf_of(std::uint64_t name) { return hex(name, leaf_digits); }

std::optional<std::uint64_t> parse_file_name(std::string_view bucket, std::string_view leaf) {
  if (bucket.size() != bucket_digits || leaf.size() != leaf_digits) return std::nullopt;
  const std::string digits = std::string(bucket) + std::string(leaf);
  std::uint64_t name = 0;
  const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), name, 16);
  const bool is_ours = fault == std::errc() && end == digits.data() + digits.size() && name != 0 &&
                       bucket_of(name) == bucket && leaf_of(name) == leaf;
  return is_ours ? std::optional(name) : std::nullopt;
}

}  // namespace larder::detail
