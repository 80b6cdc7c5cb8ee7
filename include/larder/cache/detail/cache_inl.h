// SPDX-License-Identifier: Apache-2.0
#pragma once

// The templates of cache.h: they encode, decode and forward to CacheCore.

#include <deque>
#include <ranges>
#include <stdexcept>
#include <tuple>

#include "larder/cache/cache.h"
#include "larder/cache/detail/scratch.h"
#include "larder/core/error.h"

namespace larder {

namespace detail {

template <Encodable Value>
[[nodiscard]] CacheEntry<Value> to_entry(const SeenEntry& entry) {
  return {.value = decode<Value>(entry.value),
          .stored_at = entry.stored_at,
          .expires_at = entry.expires_at,
          .tags = entry.tag_list(),
          .version = entry.version()};
}

}  // namespace detail

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
    result.emplace(detail::to_entry<Value>(entry));
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

template <typename Body>
auto Cache::transact(Body&& body, const UpdateOptions& options) {
  using Result = std::invoke_result_t<Body&>;
  if constexpr (std::is_void_v<Result>) {
    core_->transact([&] { body(); }, options);
  } else {
    std::optional<Result> result;
    core_->transact([&] { result.emplace(body()); }, options);
    return std::move(*result);
  }
}

template <Encodable Value>
bool Cache::compare_and_swap(const Key& key, Version expected, const Value& value,
                             const PutOptions& options) {
  const Bytes encoded = encode(value);
  const auto test = [&](const detail::Record& record) {
    return detail::CacheCore::holds(record, expected);
  };
  return core_->store_if(key, test, Codec<Value>::schema(), encoded, options);
}

template <Encodable Value>
bool Cache::compare_and_swap(const Key& key, const Value& expected, const Value& value,
                             const PutOptions& options) {
  const Bytes before = encode(expected);
  const Bytes encoded = encode(value);
  const auto test = [&](const detail::Record& record) {
    return core_->holds(key, record, Codec<Value>::schema(), before);
  };
  return core_->store_if(key, test, Codec<Value>::schema(), encoded, options);
}

template <Encodable Value, std::ranges::input_range Keys>
std::vector<std::optional<Value>> Cache::get_many(const Keys& keys,
                                                  const ReadOptions& options) const {
  std::vector<Key> all;
  for (const auto& key : keys) all.emplace_back(key);
  std::vector<std::optional<Value>> values(all.size());
  core_->read_many(all, Codec<Value>::schema(), options,
                   [&](std::size_t place, const detail::SeenEntry& entry) {
                     values[place].emplace(decode<Value>(entry.value));
                   });
  return values;
}

template <std::ranges::input_range Pairs>
void Cache::put_many(const Pairs& pairs, const PutOptions& options) {
  using Pair = std::ranges::range_value_t<Pairs>;
  using Value = std::remove_cvref_t<std::tuple_element_t<1, Pair>>;
  static_assert(Encodable<Value>, "a value needs a Codec");
  std::deque<std::pair<Key, Bytes>> encoded;
  std::vector<detail::NewValue> values;
  for (const auto& [key, value] : pairs) {
    const auto& [own_key, bytes] = encoded.emplace_back(key, encode<Value>(value));
    values.push_back({.key = &own_key, .value = bytes});
  }
  core_->store_many(values, Codec<Value>::schema(), options);
}

namespace detail {

/// What a loader that returns `Result` loads.
template <typename Result>
struct Loads {
  using Value = Result;
  static constexpr bool may_be_absent = false;
  static constexpr bool may_be_unstored = false;
};
template <typename T>
struct Loads<std::optional<T>> {
  using Value = T;
  static constexpr bool may_be_absent = true;
  static constexpr bool may_be_unstored = false;
};
template <typename T>
struct Loads<Loaded<T>> {
  using Value = T;
  static constexpr bool may_be_absent = false;
  static constexpr bool may_be_unstored = true;
};
template <typename Loader>
using LoadsOf = Loads<std::remove_cvref_t<std::invoke_result_t<Loader&>>>;

/// Keeps the value in `result`. Returns whether it is to be stored.
template <typename Value>
bool take_loaded(std::optional<Value>& result, Loaded<Value>&& loaded) {
  result.emplace(std::move(loaded.value));
  return loaded.is_stored;
}

/// Calls `loader`, keeps what it returns in `result` and, if that is to be stored, encodes it.
template <typename Value, typename Loader>
bool load_into(std::optional<Value>& result, Loader& loader, Bytes& out) {
  if constexpr (LoadsOf<Loader>::may_be_unstored) {
    if (!take_loaded(result, loader())) return false;
  } else {
    result = std::optional<Value>(loader());
    if (!result) return false;
  }
  WireWriter writer(out);
  Codec<Value>::encode(*result, writer);
  return true;
}

/// Calls `use(type, call)`, where `call` runs a loader that returns values and hands what that
/// returned to `loaded(value)`.
template <typename Loader, typename Seen, typename Use>
auto with_load(Loader& loader, Seen loaded, Use use) {
  using Result = LoadsOf<Loader>;
  using Value = typename Result::Value;
  using Owned = std::decay_t<Loader>;
  const auto run = [&](Bytes& out) {
    std::optional<Value> value;
    const bool is_there = load_into(value, loader, out);
    loaded(std::move(value));
    return is_there;
  };
  const auto detach = [&]() -> DetachedLoad {
    if constexpr (std::copy_constructible<Owned>) {
      return [own = Owned(loader)](Bytes& out) mutable {
        std::optional<Value> value;
        return load_into(value, own, out);
      };
    } else {
      throw Error(ErrorKind::invalid_argument,
                  "cache: a loader that cannot be copied cannot run elsewhere");
    }
  };
  const LoadType type{.schema = Codec<Value>::schema(),
                      .may_be_absent = Result::may_be_absent,
                      .may_be_unstored = Result::may_be_unstored};
  return use(type, LoadCall{.run = run, .detach = detach});
}

/// `CacheCore::load()` with a loader that returns values: calls `found(entry)` with an entry that
/// is there, and `loaded(value)` with what the loader returned; who is called last has the result.
template <typename Loader, typename Seen>
void load(CacheCore& core, const Key& key, Loader& loader, const LoadOptions& options,
          EntryVisitor found, Seen loaded) {
  const auto run = [&](EntryVisitor visit, auto see) {
    with_load(loader, see,
              [&](LoadType type, LoadCall call) { core.load(key, type, options, call, visit); });
  };
  if constexpr (LoadsOf<Loader>::may_be_unstored) {
    bool is_there = false;
    run(
        [&](const SeenEntry& entry) {
          is_there = true;
          found(entry);
        },
        [&](auto value) {
          is_there = true;
          loaded(std::move(value));
        });
    // Another caller has loaded what is not stored.
    if (!is_there) loaded(loader().value);
  } else {
    run(found, loaded);
  }
}

}  // namespace detail

template <std::invocable Loader>
auto Cache::get_or_load(const Key& key, Loader&& loader, const LoadOptions& options) {
  using Loads = detail::LoadsOf<Loader>;
  using Value = typename Loads::Value;
  std::optional<Value> result;
  detail::load(
      *core_, key, loader, options,
      [&](const detail::SeenEntry& entry) { result.emplace(decode<Value>(entry.value)); },
      [&](std::optional<Value> loaded) { result = std::move(loaded); });
  if constexpr (Loads::may_be_absent) {
    return result;
  } else {
    return std::move(result).value();
  }
}

template <Encodable Value>
std::optional<Value> Cache::pop(const Key& key) {
  std::optional<Value> result;
  core_->take(key, Codec<Value>::schema(),
              [&](const detail::SeenEntry& entry) { result.emplace(decode<Value>(entry.value)); });
  return result;
}

template <Encodable Value>
std::optional<CacheEntry<Value>> Cache::pop_entry(const Key& key) {
  std::optional<CacheEntry<Value>> result;
  core_->take(key, Codec<Value>::schema(), [&](const detail::SeenEntry& entry) {
    result.emplace(detail::to_entry<Value>(entry));
  });
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
