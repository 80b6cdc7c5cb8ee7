// SPDX-License-Identifier: Apache-2.0

// What a cache keeps about itself and its entries, with any content: settings and counters,
// records, indexes, the directory of sub-caches. The input is a list of engine entries below the
// prefix of the cache; those that carry checksums get right ones, so that what is behind them is
// reached. Neither looking, nor changing, nor repairing
// does more than throw.

#include <xxhash.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>

#include "cache/wire_number.h"
#include "codec/frame.h"
#include "input.h"
#include "larder/cache/cache.h"
#include "larder/cache/queue.h"
#include "larder/core/error.h"

namespace larder {
namespace {

constexpr std::byte meta_space{4};
constexpr std::byte record_space{5};
constexpr std::byte name_space{6};

void require(bool condition) {
  if (!condition) std::abort();
}

std::uint64_t seeded(BytesView data, BytesView key) {
  return XXH3_64bits_withSeed(data.data(), data.size(), XXH3_64bits(key.data(), key.size()));
}

Bytes stored_form(std::byte space, BytesView at, BytesView content, std::uint8_t flags) {
  if ((flags & 1U) != 0) return to_bytes(content);  // as it is: checksums are most likely wrong
  if (space == record_space) {
    Input rest(content);
    FrameHeader header{.codec = (flags & 2U) != 0 ? FrameCodec::raw : FrameCodec::wire,
                       .compressed = (flags & 4U) != 0,
                       .in_file = (flags & 8U) != 0};
    header.schema = (flags & 16U) != 0 ? Codec<std::string>::schema() : rest.byte();
    header.raw_bytes = rest.byte();
    return frame(header, rest.take(content.size()), at);
  }
  Bytes stored = to_bytes(content);
  if (space == meta_space || space == name_space) {
    detail::append_number(stored, seeded(content, at));
  }
  return stored;
}

void fill(Engine& engine, Input input) {
  engine.update([&](WriteTxn& txn) {
    while (!input.ended()) {
      const auto space = static_cast<std::byte>(1 + input.byte() % 7);
      const std::uint8_t flags = input.byte();
      Bytes at = to_bytes(as_bytes("cache"));
      at.push_back(space);
      if (space != meta_space) append(at, input.take(input.byte() % 64U));
      const BytesView content = input.take(input.byte());
      txn.put(at, stored_form(space, at, content, flags));
    }
  });
}

void look(const Cache& cache) {
  static_cast<void>(cache.verify());
  for (const KeyOrder order : {KeyOrder::insertion, KeyOrder::key}) {
    for (const Key& key : cache.keys(order)) {
      static_cast<void>(cache.info(key));
      static_cast<void>(cache.get<std::string>(key));
      static_cast<void>(cache.get<std::int64_t>(key));
      static_cast<void>(cache.reader(key).has_value());
    }
  }
  static_cast<void>(cache.count({.tag = "t"}));
  static_cast<void>(cache.subs());
  static_cast<void>(Queue::names(cache));
}

void use(Cache& cache) {
  cache.put("k", 1);
  cache.incr("n");
  cache.erase("k");
  cache.erase_tag("t");
  cache.expire();
}

template <typename Call>
bool succeeds(Call call) {
  try {
    call();
  } catch (const Error& error) {
    require(error.kind() == ErrorKind::corrupt || error.kind() == ErrorKind::not_supported ||
            error.kind() == ErrorKind::full || error.kind() == ErrorKind::invalid_argument);
    return false;
  }
  return true;
}

void try_all(BytesView data) {
  const ManualClock clock;
  const EnginePtr engine = open_memory_engine({.clock = &clock});
  fill(*engine, Input(data));
  succeeds([&] {
    Cache cache(engine, {}, {.clock = &clock});
    succeeds([&] { look(cache); });
    succeeds([&] { use(cache); });
    const bool is_repaired = succeeds([&] { cache.repair(); });
    if (is_repaired) require(cache.verify().problems.empty());
    succeeds([&] { look(cache); });
  });
}

}  // namespace
}  // namespace larder

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  larder::try_all(std::as_bytes(std::span(data, size)));
  return 0;
}
