// SPDX-License-Identifier: Apache-2.0
#include "cache/policy/policies.h"

#include <algorithm>
#include <bit>

#include "cache/policy/fifo.h"
#include "cache/policy/lfu.h"
#include "cache/policy/lru.h"
#include "cache/policy/mru.h"
#include "cache/policy/random_choice.h"
#include "cache/policy/s3_fifo.h"
#include "cache/policy/sieve.h"
#include "cache/policy/w_tinylfu.h"

namespace larder {

std::string_view to_string(Eviction eviction) noexcept {
  switch (eviction) {
    case Eviction::none:
      return "none";
    case Eviction::fifo:
      return "fifo";
    case Eviction::lru:
      return "lru";
    case Eviction::lfu:
      return "lfu";
    case Eviction::sieve:
      return "sieve";
    case Eviction::s3_fifo:
      return "s3_fifo";
    case Eviction::w_tinylfu:
      return "w_tinylfu";
    case Eviction::mru:
      return "mru";
    case Eviction::random:
      return "random";
    case Eviction::custom:
      return "custom";
  }
  return "unknown";
}

namespace detail {

std::unique_ptr<EvictionPolicy> make_policy(Eviction eviction, TableSize size) {
  switch (eviction) {
    case Eviction::none:
    case Eviction::custom:
      return nullptr;
    case Eviction::fifo:
      return std::make_unique<Fifo>();
    case Eviction::lru:
      return std::make_unique<Lru>(size);
    case Eviction::lfu:
      return std::make_unique<Lfu>(size);
    case Eviction::sieve:
      return std::make_unique<Sieve>(size);
    case Eviction::s3_fifo:
      return std::make_unique<S3Fifo>(size);
    case Eviction::w_tinylfu:
      return std::make_unique<WTinyLfu>(size);
    case Eviction::mru:
      return std::make_unique<Mru>(size);
    case Eviction::random:
      return std::make_unique<RandomChoice>();
  }
  return nullptr;
}

TableSize table_size(std::uint64_t max_entries, std::uint64_t max_bytes) {
  constexpr std::uint64_t least = std::uint64_t{1} << 12U;
  constexpr std::uint64_t most = std::uint64_t{1} << 20U;
  constexpr std::uint64_t places_per_entry = 16;
  constexpr std::uint64_t bytes_per_place = 256;
  const std::uint64_t by_entries = std::min(max_entries, most) * places_per_entry;
  const std::uint64_t places =
      std::clamp(std::min(by_entries, max_bytes / bytes_per_place), least, most);
  return {.bits = static_cast<unsigned>(std::bit_width(places - 1))};
}

}  // namespace detail

}  // namespace larder
