// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "larder/cache/detail/cache_core.h"
#include "larder/cache/entry.h"
#include "larder/cache/keys.h"
#include "larder/cache/load_options.h"
#include "larder/cache/options.h"
#include "larder/cache/selection.h"
#include "larder/cache/value_reader.h"
#include "larder/codec/codec.h"
#include "larder/codec/standard.h"
#include "larder/engine/engine.h"
#include "larder/key/key.h"

namespace larder {

template <KeyEncodable K, Encodable V>
class CacheView;

/// A persistent map that forgets entries when they expire or when it is full, shared by threads and
/// processes. Keys and values may be of any type that has a codec, mixed in one cache. An expired
/// entry is never returned, even before its space is reclaimed: `now >= expires_at` is expired.
///
/// A value that was stored as another type, or whose record is damaged, is a miss; it is counted
/// and, if damaged, reported to the log hook. To a write, a damaged record is not there.
///
/// Thread-safe: any function may be called from any thread at any time. Several processes may
/// share one cache. A copy is another handle on the same cache. Usable after `fork`.
///
/// @snippet cache_basics.cpp get_put
class Cache {
 public:
  /// Opens the cache in directory `options.path` and creates it if there is none.
  /// @throws Error `invalid_argument` for a bad setting, and what `open_lmdb` throws
  [[nodiscard]] static Cache open(const CacheOptions& options, CacheHooks hooks = {});

  /// Opens a cache in a new directory that is removed when the last handle on it goes. A child made
  /// by `fork` never removes it.
  [[nodiscard]] static Cache temporary(const CacheSettings& settings = {}, CacheHooks hooks = {});

  /// Keeps a cache below `prefix` in `engine`, beside whatever else lives there. A prefix has 1 to
  /// 100 bytes, the first of which is not zero.
  explicit Cache(EnginePtr engine, const CacheSettings& settings = {}, CacheHooks hooks = {},
                 BytesView prefix = as_bytes("cache"));

  /// The value of `key`, or nothing. Counts as a use.
  template <Encodable Value>
  [[nodiscard]] std::optional<Value> get(const Key& key, const ReadOptions& options = {}) const;

  /// The value of `key` with its times and tags, or nothing. Counts as a use.
  template <Encodable Value>
  [[nodiscard]] std::optional<CacheEntry<Value>> get_entry(const Key& key,
                                                           const ReadOptions& options = {}) const;

  /// The value of `key`; counts as a use.
  /// @throws std::out_of_range if there is none
  template <Encodable Value>
  [[nodiscard]] Value at(const Key& key) const;

  /// What is known about the entry of `key`, whatever the type of its value, or nothing. Does not
  /// count as a use or in the statistics.
  [[nodiscard]] std::optional<EntryInfo> info(const Key& key) const;

  /// Whether `key` has a value. Does not count as a use or in the statistics.
  [[nodiscard]] bool contains(const Key& key) const;

  /// Stores `value` under `key`, replacing value, tags and expiry of an earlier entry, which keeps
  /// its place in insertion order.
  /// @throws Error `full` if the entry alone is larger than `max_bytes`, or if nothing may be
  /// evicted
  template <Encodable Value>
  void put(const Key& key, const Value& value, const PutOptions& options = {});

  /// Stores text, as `put<std::string>()` does.
  void put(const Key& key, std::string_view text, const PutOptions& options = {});

  /// Stores `value` only if `key` has no live value. Returns whether it did: of many concurrent
  /// callers exactly one gets true.
  template <Encodable Value>
  bool add(const Key& key, const Value& value, const PutOptions& options = {});

  /// Adds text, as `add<std::string>()` does.
  bool add(const Key& key, std::string_view text, const PutOptions& options = {});

  /// The value of `key` or, if there is none, what `loader()` returns, which is then stored. Of all
  /// threads and processes that want the same key at the same time one calls its loader; the others
  /// wait for the value. In its own process they get what the loader throws, too; elsewhere the
  /// next one tries. If the process that loads dies, the next one takes over at once.
  ///
  /// A loader that returns a `std::optional` may find that there is no value; then this returns a
  /// `std::optional` as well. A value that cannot be stored is returned all the same. Counts as a
  /// use, and a remembered absence as a hit. Not to be called inside a transaction, whose turn the
  /// other loaders may need.
  /// @throws Error `unavailable` after `options.timeout`, `invalid_argument` if the loader asks for
  /// the key that it loads; and what the loader throws
  template <std::invocable Loader>
  auto get_or_load(const Key& key, Loader&& loader, const LoadOptions& options = {});

  /// Stores `value` only if `key` has the `expected` version or value. Returns whether it did: of
  /// many who saw the same exactly one gets true.
  template <Encodable Value>
  bool compare_and_swap(const Key& key, Version expected, const Value& value,
                        const PutOptions& options = {});
  template <Encodable Value>
  bool compare_and_swap(const Key& key, const Value& expected, const Value& value,
                        const PutOptions& options = {});

  /// Removes `key` only if it has the `expected` version. Returns whether it did.
  bool compare_and_erase(const Key& key, Version expected);

  /// Stores the bytes that `source` gives, of any number; they are never in memory as a whole
  /// unless they stay in a record (`file_above_bytes`). Such a value can be read with `reader()`,
  /// as `Bytes` and as `std::string`. It is not compressed.
  void put_stream(const Key& key, ByteSource source, const PutOptions& options = {});

  /// Stores what is left of `in`.
  void put_stream(const Key& key, std::istream& in, const PutOptions& options = {});

  /// Stores the content of the file `path`.
  void put_file(const Key& key, const std::filesystem::path& path, const PutOptions& options = {});

  /// Stores what `source` gives only if `key` has no live value. Returns whether it did.
  bool add_stream(const Key& key, ByteSource source, const PutOptions& options = {});

  /// The values of `keys` as one moment saw them; those in files may be younger. Counts as uses.
  template <Encodable Value, std::ranges::input_range Keys>
  [[nodiscard]] std::vector<std::optional<Value>> get_many(const Keys& keys,
                                                           const ReadOptions& options = {}) const;

  /// Stores pairs of key and value, such as a map holds, in one transaction.
  /// @throws Error `full` if one has no room: then none is stored
  template <std::ranges::input_range Pairs>
  void put_many(const Pairs& pairs, const PutOptions& options = {});

  /// Removes `keys` in one transaction. Returns how many had a live value.
  std::uint64_t erase_many(std::span<const Key> keys);

  /// Opens the value of `key` to read it in pieces or in place, or nothing. Counts as a use. The
  /// value must have been put as a stream, as `Bytes` or as text; another type is a miss.
  [[nodiscard]] std::optional<ValueReader> reader(const Key& key,
                                                  const ReadOptions& options = {}) const;

  /// Removes `key`. Returns whether it had a live value.
  bool erase(const Key& key);

  /// Removes `key` and returns the value it had, in one step. A value that is not a `Value` stays
  /// where it is.
  template <Encodable Value>
  std::optional<Value> pop(const Key& key);

  /// The same with its times and tags.
  template <Encodable Value>
  std::optional<CacheEntry<Value>> pop_entry(const Key& key);

  /// Restarts the lifetime of `key`: it expires `ttl` from now, or never if unset. Returns whether
  /// it had a live value.
  bool touch(const Key& key, std::optional<Duration> ttl = std::nullopt);

  /// Adds `delta` to the integer stored under `key`, which starts at `initial` if there is none.
  /// Returns the new value. Expiry and tags stay.
  /// @throws Error `invalid_argument` if the value is not an integer or the sum does not fit
  template <std::integral Number>
  std::int64_t incr(const Key& key, Number delta, std::int64_t initial = 0);
  std::int64_t incr(const Key& key) { return incr(key, 1); }

  /// The same for a floating-point value.
  double incr(const Key& key, double delta, double initial = 0.0);

  /// `incr(key, -delta)`. May go below zero.
  std::int64_t decr(const Key& key, std::int64_t delta = 1, std::int64_t initial = 0);

  /// Runs `body()` so that all it does with this cache, and with anything else in the same engine,
  /// happens as one change or, if it throws, not at all. Returns what `body` returns. May be
  /// nested.
  /// @throws Error `unavailable` if other writers do not let it start before `options.deadline`
  template <typename Body>
  auto transact(Body&& body, const UpdateOptions& options = {});

  /// Entries, expired ones that are still stored included.
  [[nodiscard]] std::uint64_t size() const;

  /// Whether `size()` is 0. There is no conversion to bool: an empty cache is still a cache.
  [[nodiscard]] bool empty() const { return size() == 0; }

  /// Bytes that count against `max_bytes`.
  [[nodiscard]] std::uint64_t bytes() const;

  /// The keys of all entries, expired ones included, for a range-based `for`: in the order of first
  /// insertion or in key order, from either end. Not a snapshot: entries that come or go meanwhile
  /// may or may not be seen; no key is seen twice; entries added after the loop began are not seen.
  [[nodiscard]] CacheKeys keys(KeyOrder order = KeyOrder::insertion,
                               Direction direction = Direction::forward) const;

  /// Removes every expired entry now. Returns how many there were.
  std::uint64_t expire();

  /// Removes every expired entry and, while the cache is above its limits, entries by policy.
  /// Returns how many went.
  std::uint64_t evict();

  /// Removes all entries that carry `tag`. Returns how many there were.
  std::uint64_t erase_tag(std::string_view tag);

  /// The keys of a selection, how many there are, and their removal, in bounded transactions: what
  /// others do meanwhile may or may not be seen. Within `transact` it is one change.
  [[nodiscard]] std::vector<Key> select(const Selection& selection) const;
  [[nodiscard]] std::uint64_t count(const Selection& selection) const;
  std::uint64_t erase_selected(const Selection& selection);

  /// Removes everything in one step that costs as much as a put. Returns how many entries there
  /// were. Settings, statistics, sub-caches and queues stay. The space of many entries comes back
  /// bit by bit with later writes, or at once with `expire()`.
  std::uint64_t clear();

  /// Hits, misses and more, over all processes.
  [[nodiscard]] CacheStats stats() const;

  /// Sets all statistics to zero.
  void reset_stats();

  /// The settings in force, every field set.
  [[nodiscard]] CacheSettings settings() const;

  /// Changes and stores the fields that are set; other processes follow with their next write. The
  /// cache is brought within new limits at once.
  /// @throws Error `invalid_argument` for a bad setting, with nothing changed
  void change_settings(const CacheSettings& settings);

  /// Checks every record, index entry and counter here and in the caches within, changing nothing.
  [[nodiscard]] VerifyReport verify(CacheProgress progress = no_progress) const;

  /// Puts right whatever `verify()` finds: removes entries whose record or value is damaged, index
  /// entries that lead nowhere and files that no entry names; adds index entries that are missing;
  /// counts again. Every entry that is whole stays. If the settings are damaged they become the
  /// defaults. Others can read meanwhile; writers wait.
  RepairReport repair(RepairMode mode = RepairMode::fix, CacheProgress progress = no_progress);

  /// Copies the cache, as it is at one moment, to a new or empty directory, where `open` finds it.
  /// Returns how many entries there are. Others can read meanwhile; writers wait. Value files get a
  /// second name where the file system can. If it fails, the directory holds nothing of use.
  /// @throws Error `invalid_argument` if there is something in the directory, `full`
  std::uint64_t backup(const std::filesystem::path& directory) const;

  /// The cache `name` within this one, made if there is none: with keys, settings, limits and
  /// statistics of its own, in the same engine. `a/b` is `b` within `a`. Keep the handle.
  /// @throws Error `invalid_argument` for a bad name, or nested deeper than 10
  [[nodiscard]] Cache sub(std::string_view name, const CacheSettings& settings = {},
                          RemovalHook on_remove = {});

  /// The names of the caches directly within this one, sorted.
  [[nodiscard]] std::vector<std::string> subs() const;

  /// Removes the cache `name` within this one with all that is within it. Handles on it find
  /// nothing any more and throw when they write. Returns whether there was one.
  bool drop_sub(std::string_view name);

  /// A face of this cache with fixed types.
  template <KeyEncodable K, Encodable V>
  [[nodiscard]] CacheView<K, V> view() const {
    return CacheView<K, V>(*this);
  }

  /// Directory of the cache; empty if it was made on an engine.
  [[nodiscard]] const std::filesystem::path& path() const;

  /// Place and sizes of what is underneath.
  [[nodiscard]] EngineInfo storage() const { return core_->storage(); }
  /// The engine underneath; `not_supported` for a cache in shards.
  [[nodiscard]] Engine& engine() const;
  /// The engine for a `Deque` or the like called `name`: of a cache in shards always the same one.
  [[nodiscard]] EnginePtr engine_for(std::string_view name) const;

 private:
  friend struct detail::CacheAccess;
  explicit Cache(std::shared_ptr<detail::CacheCore> core) : core_(std::move(core)) {}

  bool put_text(const Key& key, std::string_view text, const PutOptions& options,
                detail::StoreMode mode);

  std::shared_ptr<detail::CacheCore> core_;
};

}  // namespace larder

#include "larder/cache/cache_view.h"        // IWYU pragma: export
#include "larder/cache/detail/cache_inl.h"  // IWYU pragma: export
