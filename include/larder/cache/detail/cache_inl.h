// SPDX-License-Identifier: Apache-2.0
#pragma once

// The templates of cache.h: they encode, decode and forward to CacheCore.

#include <stdexcept>

#include "larder/cache/cache.h"
#include "larder/core/error.h"

namespace larder {

template <Encodable Value>
std::optional<Value> Cache::get(const Key& key, const ReadOptions& options) const {
  std::optional<Value> result;
  core_->read(key, Codec<Value>::schema(), options,
              [&](const detail::SeenEntry& entry) { result.emplace(decode<Value>(entry.value)); });
  return result;
}

template <Encodable Value>
std::optional<CacheEntry<Value>> Cache::get_entry(const Key& key,
                                                  const ReadOptions& options) const {
  std::optional<CacheEntry<Value>> result;
  core_->read(key, Codec<Value>::schema(), options, [&](const detail::SeenEntry& entry) {
    result.emplace(CacheEntry<Value>{.value = decode<Value>(entry.value),
                                     .stored_at = entry.stored_at,
                                     .expires_at = entry.expires_at,
                                     .tags = entry.tag_list()});
  });
  return result;
}

template <Encodable Value>
Value Cache::at(const Key& key) const {
  std::optional<Value> result = get<Value>(key);
  if (!result) throw std::out_of_range("cache: no value for " + key.to_string());
  return std::move(*result);
}

template <Encodable Value>
void Cache::put(const Key& key, const Value& value, const PutOptions& options) {
  detail::Scratch scratch;
  WireWriter writer(scratch.bytes());
  Codec<Value>::encode(value, writer);
  core_->store(key, Codec<Value>::schema(), scratch.bytes(), options, detail::StoreMode::always);
}

template <Encodable Value>
bool Cache::add(const Key& key, const Value& value, const PutOptions& options) {
  detail::Scratch scratch;
  WireWriter writer(scratch.bytes());
  Codec<Value>::encode(value, writer);
  return core_->store(key, Codec<Value>::schema(), scratch.bytes(), options,
                      detail::StoreMode::if_absent);
}

template <Encodable Value>
std::optional<Value> Cache::pop(const Key& key) {
  std::optional<Value> result;
  core_->take(key, Codec<Value>::schema(),
              [&](const detail::SeenEntry& entry) { result.emplace(decode<Value>(entry.value)); });
  return result;
}

template <std::integral Number>
std::int64_t Cache::incr(const Key& key, Number delta, std::int64_t initial) {
  if constexpr (std::unsigned_integral<Number> && sizeof(Number) >= sizeof(std::int64_t)) {
    if (delta > static_cast<Number>(INT64_MAX)) {
      throw Error(ErrorKind::invalid_argument,
                  "cache: incr " + key.to_string() + ": the step does not fit into 64 bits");
    }
  }
  return core_->count(key, static_cast<std::int64_t>(delta), detail::Step::up, initial);
}

}  // namespace larder
