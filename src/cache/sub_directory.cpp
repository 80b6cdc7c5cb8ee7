// SPDX-License-Identifier: Apache-2.0
#include "cache/sub_directory.h"

#include <xxhash.h>

#include "cache/wire_number.h"
#include "larder/core/error.h"

namespace larder::detail {

namespace {

std::uint64_t checksum(std::uint64_t number, BytesView engine_key) {
  return XXH3_64bits_withSeed(&number, sizeof(number),
                              XXH3_64bits(engine_key.data(), engine_key.size()));
}

}  // namespace

std::optional<std::uint64_t> SubDirectory::find(SubKind kind, std::string_view name) const {
  const EngineKey at = layout_.sub_name(static_cast<std::uint8_t>(kind), name);
  const std::optional<BytesView> stored = txn_.get(at.view());
  if (!stored) return std::nullopt;
  NumberReader in(*stored);
  const auto number = in.take<std::uint64_t>();
  const auto sum = in.take<std::uint64_t>();
  if (!in.ok() || !in.rest().empty() || sum != checksum(number, at.view())) {
    throw Error(ErrorKind::corrupt, "cache: the entry of '" + std::string(name) +
                                        "' in the directory of sub-caches is damaged");
  }
  return number;
}

std::vector<std::string> SubDirectory::names(SubKind kind) const {
  std::vector<std::string> found;
  const EngineKey before = layout_.sub_name(static_cast<std::uint8_t>(kind), {});
  txn_.scan(KeyRange::prefix(before.view()), Direction::forward, [&](BytesView at, BytesView) {
    found.emplace_back(as_text(at.subspan(before.view().size())));
    return Visit::more;
  });
  return found;
}

void SubDirectory::add(WriteTxn& txn, SubKind kind, std::string_view name,
                       std::uint64_t number) const {
  const EngineKey at = layout_.sub_name(static_cast<std::uint8_t>(kind), name);
  Bytes stored;
  append_number(stored, number);
  append_number(stored, checksum(number, at.view()));
  txn.put(at.view(), stored);
}

void SubDirectory::remove(WriteTxn& txn, SubKind kind, std::string_view name) const {
  txn.erase(layout_.sub_name(static_cast<std::uint8_t>(kind), name).view());
}

Bytes SubDirectory::prefix_of(const Layout& layout, std::uint64_t number) {
  return to_bytes(layout.sub(number).view());
}

}  // namespace larder::detail
