// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "larder/cache/entry.h"
#include "larder/cache/load_options.h"
#include "larder/cache/options.h"
#include "larder/cache/selection.h"
#include "larder/cache/value_reader.h"
#include "larder/core/bytes.h"
#include "larder/core/function_ref.h"
#include "larder/engine/engine.h"
#include "larder/key/key.h"

namespace larder {
class Cache;
}  // namespace larder

namespace larder::detail {

struct Record;

/// An entry as a read finds it. Valid only inside the visitor that gets it.
struct SeenEntry {
  BytesView value = {};                               ///< The encoded value.
  WallTime stored_at = {};                            ///< When it was stored.
  std::optional<WallTime> expires_at = std::nullopt;  ///< When it expires, if ever.
  BytesView tags = {};                                ///< Its tags as the record holds them.
  const Record* record = nullptr;                     ///< All of it.
  Duration load_time = {};  ///< How long it took to compute, if a load did.

  /// The tags as text, sorted.
  [[nodiscard]] std::vector<std::string> tag_list() const;
  [[nodiscard]] Version version() const;
};

/// Decodes a value; what it throws of kind `corrupt` makes the read a miss.
using EntryVisitor = FunctionRef<void(const SeenEntry&)>;

/// Whether `CacheCore::store()` replaces a live entry.
enum class StoreMode { always, if_absent };

/// Whether a read may return what is kept after it expired.
enum class Staleness { refused, allowed };

/// What came of a lookup.
enum class Seen;

/// Computes a value and appends its encoded form; returns false if there is none.
using Load = FunctionRef<bool(Bytes& value)>;
using DetachedLoad = std::function<bool(Bytes& value)>;

/// A loader, and how to get a copy that does not look into its caller.
struct LoadCall {
  Load run;
  FunctionRef<DetachedLoad()> detach;
};

/// What a loader loads.
struct LoadType {
  std::uint64_t schema = 0;
  bool may_be_absent = false;    ///< It may find that there is no value.
  bool may_be_unstored = false;  ///< It may find one that is not to be stored.
};

class KeyWalk;
class Packed;

/// What an entry has for `Cache::compare_and_swap()`.
using RecordTest = FunctionRef<bool(const Record&)>;

/// One of many encoded values to store.
struct NewValue {
  const Key* key = nullptr;
  BytesView value = {};
};

/// An end of a queue.
enum class QueueEnd { front, back };

/// Gets the key of an entry, too.
using ItemVisitor = FunctionRef<void(const Key& key, const SeenEntry& entry)>;

/// What lives below a cache under a name.
enum class SubKind : std::uint8_t;

/// Looks at a live record and says what came of it.
using RecordVisitor = FunctionRef<Seen(const Record&)>;

/// Which way `CacheCore::count()` goes.
enum class Step { up, down };

/// `Cache` without its templates: keys and values are bytes here.
///
/// Thread-safe.
class CacheCore : public std::enable_shared_from_this<CacheCore> {
 public:
  struct State;

  using Parts = std::vector<std::shared_ptr<CacheCore>>;

  explicit CacheCore(std::unique_ptr<State> state);
  /// A cache in `parts`, each of which has the keys whose hash says so. `state` has no entries.
  CacheCore(std::unique_ptr<State> state, Parts parts);
  CacheCore(const CacheCore&) = delete;
  CacheCore& operator=(const CacheCore&) = delete;
  ~CacheCore();

  [[nodiscard]] Engine& engine() const;
  /// Empty if the cache is in one piece.
  /// The log hook, which may be empty.
  [[nodiscard]] const LogSink& log_sink() const noexcept;

  [[nodiscard]] const Parts& parts() const noexcept { return parts_; }
  /// The cache that has the entry of `key`, if there is one: this, or one of the parts.
  [[nodiscard]] const CacheCore& holder_of(const Key& key) const {
    const CacheCore* part = part_of(key);
    return part == nullptr ? *this : *part;
  }
  /// Runs `body` within an update of each engine there is.
  void transact(FunctionRef<void()> body, const UpdateOptions& options);
  [[nodiscard]] std::uint64_t size() const;
  [[nodiscard]] std::uint64_t bytes() const;
  [[nodiscard]] CacheStats stats() const;
  void reset_stats();
  [[nodiscard]] CacheSettings settings() const;
  [[nodiscard]] EngineInfo storage() const;
  [[nodiscard]] const State& state() const { return *state_; }

  /// Calls `visit` with the live entry of `key` if its value has `schema`. Returns whether it did.
  bool read(const Key& key, std::uint64_t schema, const ReadOptions& options,
            EntryVisitor visit) const;
  /// As `Cache::get_or_load()`: `visit` gets a value that was found, `call` may run after that; who
  /// is called last has the one to return. If neither is, there is no value.
  void load(const Key& key, LoadType type, const LoadOptions& options, LoadCall call,
            EntryVisitor visit);
  class LoadSteps;  // the same without waiting
  std::optional<EntryInfo> info(const Key& key) const;
  bool contains(const Key& key) const;

  /// Stores `value`, which took `load_time` to compute. Returns false only if `mode` forbids it.
  bool store(const Key& key, std::uint64_t schema, BytesView value, const PutOptions& options,
             StoreMode mode, Duration load_time = Duration::zero());
  /// The same for a value that was computed, which is not lost if it cannot be stored: then the log
  /// hook is told.
  void store_computed(const Key& key, std::uint64_t schema, BytesView value,
                      const PutOptions& options, Duration load_time);
  /// Stores what `source` gives, in a file of its own if it is long. `schema` is that of bytes,
  /// text or streams.
  bool store_stream(const Key& key, std::uint64_t schema, ByteSource source,
                    const PutOptions& options, StoreMode mode);
  [[nodiscard]] std::optional<ValueReader> open_reader(const Key& key,
                                                       const ReadOptions& options) const;
  bool erase(const Key& key);
  /// Stores `value` if the live entry of `key` passes `test`.
  bool store_if(const Key& key, RecordTest test, std::uint64_t schema, BytesView value,
                const PutOptions& options);
  bool erase_if(const Key& key, RecordTest test);
  /// A test for the value `encoded`. Both must outlive it.
  [[nodiscard]] bool holds(const Key& key, const Record& record, std::uint64_t schema,
                           BytesView encoded) const;
  [[nodiscard]] static bool holds(const Record& record, Version version);
  /// `read()` of many keys in one snapshot; `visit` also gets the place of the key.
  void read_many(std::span<const Key> keys, std::uint64_t schema, const ReadOptions& options,
                 FunctionRef<void(std::size_t place, const SeenEntry&)> visit) const;
  /// `store()` and `erase()` of many in one transaction.
  void store_many(std::span<const NewValue> values, std::uint64_t schema,
                  const PutOptions& options);
  std::uint64_t erase_many(std::span<const Key> keys);
  /// Like `read()`, and removes the entry if `visit` returned normally.
  bool take(const Key& key, std::uint64_t schema, EntryVisitor visit);
  bool touch(const Key& key, std::optional<Duration> ttl);
  std::int64_t count(const Key& key, std::int64_t delta, Step step, std::int64_t initial);
  double count(const Key& key, double delta, double initial);

  /// The sub-cache or queue `name`, made if there is none.
  [[nodiscard]] std::shared_ptr<CacheCore> make_sub(SubKind kind, std::string_view name,
                                                    const CacheSettings& settings,
                                                    RemovalHook on_remove) const;
  /// The same, or null if there is none.
  [[nodiscard]] std::shared_ptr<CacheCore> find_sub(SubKind kind, std::string_view name) const;
  [[nodiscard]] std::vector<std::string> sub_names(SubKind kind) const;
  /// Calls `visit` with every sub-cache and queue directly below, and its name.
  void for_each_sub(
      FunctionRef<void(const std::string& name, const std::shared_ptr<CacheCore>& sub)> visit)
      const;
  bool drop_sub(SubKind kind, std::string_view name);

  /// Calls `visit` with the keys of a selection, one after the other.
  void select(const Selection& selection, FunctionRef<void(const Key& key)> visit) const;
  std::uint64_t erase_selected(const Selection& selection);

  /// As `Queue` has them. Keys are the ids.
  std::int64_t push(QueueEnd end, std::uint64_t schema, BytesView value, const PutOptions& options);
  bool pull(QueueEnd end, std::uint64_t schema, ItemVisitor visit);
  /// Calls `look` whenever something may have been pushed, until it returns true or the time is
  /// over.
  bool look_within(std::chrono::nanoseconds timeout, FunctionRef<bool()> look) const;
  bool pull_within(std::chrono::nanoseconds timeout, QueueEnd end, std::uint64_t schema,
                   ItemVisitor visit);
  bool peek(QueueEnd end, std::uint64_t schema, ItemVisitor visit) const;
  bool peek_item(Direction direction, std::uint64_t schema, ItemVisitor visit) const;

  std::uint64_t expire();
  std::uint64_t evict();
  std::uint64_t erase_tag(std::string_view tag);
  std::uint64_t clear();
  /// Removes all that was cleared.
  void sweep();

  void change_settings(const CacheSettings& settings);
  [[nodiscard]] VerifyReport verify(
      FunctionRef<void(std::uint64_t done, std::uint64_t total)> progress) const;

  RepairReport repair(RepairMode mode,
                      FunctionRef<void(std::uint64_t done, std::uint64_t total)> progress);
  [[nodiscard]] std::uint64_t backup(const std::filesystem::path& directory) const;

 private:
  /// Where `key` is; null if the cache is in one piece.
  [[nodiscard]] CacheCore* part_of(const Key& key) const {
    return parts_.empty() ? nullptr : parts_[number_of(key)].get();
  }
  [[nodiscard]] std::size_t number_of(const Key& key) const noexcept;
  std::uint64_t sum(FunctionRef<std::uint64_t(CacheCore& part)> of) const;
  [[nodiscard]] std::shared_ptr<CacheCore> join(Parts parts) const;
  void store_in_parts(std::span<const NewValue> values, std::uint64_t schema,
                      const PutOptions& options);
  void read_from_parts(std::span<const Key> keys, std::uint64_t schema, const ReadOptions& options,
                       FunctionRef<void(std::size_t place, const SeenEntry&)> visit) const;
  [[nodiscard]] VerifyReport verify_parts(
      FunctionRef<void(std::uint64_t done, std::uint64_t total)> progress) const;
  RepairReport repair_parts(RepairMode mode,
                            FunctionRef<void(std::uint64_t done, std::uint64_t total)> progress);
  [[nodiscard]] std::uint64_t backup_parts(const std::filesystem::path& directory) const;

  bool show_first(KeyWalk walk, std::uint64_t schema, ItemVisitor visit) const;
  [[nodiscard]] std::shared_ptr<CacheCore> open_sub(std::uint64_t number,
                                                    const CacheSettings& settings,
                                                    RemovalHook on_remove) const;
  RepairReport repair_this(RepairMode mode,
                           FunctionRef<void(std::uint64_t done, std::uint64_t total)> progress);

  struct Copy;
  /// Copies this cache and what is within it. Returns how many entries there are.
  std::uint64_t copy_to(Copy& target) const;
  void remove_all(const std::function<void(WriteTxn&)>& at_last);

  class Loading;
  struct RefreshTask;

  /// Calls `visit` with the live record of `key`; with a newer one if it misses the file of that.
  Seen look_at(const Key& key, const ReadOptions& options, Staleness staleness,
               RecordVisitor visit) const;
  /// Counts a read. Returns whether it was a hit.
  bool count_read(Seen seen) const;
  bool store_packed(const Key& key, std::uint64_t schema, const Packed& packed,
                    const PutOptions& options, StoreMode mode,
                    Duration load_time = Duration::zero());

  /// The part of `load()` that does not wait: returns whether it found what may be returned.
  bool find_or_refresh(const Key& key, LoadType type, const LoadOptions& options, LoadCall call,
                       EntryVisitor visit);
  void refresh(const Key& key, LoadType type, const LoadOptions& options, LoadCall call,
               WallTime stored_at);
  /// `read()` that counts nothing and says more.
  Seen look_up(const Key& key, std::uint64_t schema, const ReadOptions& options,
               Staleness staleness, EntryVisitor visit) const;
  /// Notes the use of an entry that expires some time after its last use.
  void extend(const Key& key) const;

  std::unique_ptr<State> state_;
  Parts parts_;
};

/// How functions beside `Cache` reach what is behind it.
struct CacheAccess {
  [[nodiscard]] static const std::shared_ptr<CacheCore>& core(const Cache& cache) noexcept;
  [[nodiscard]] static Cache make(std::shared_ptr<CacheCore> core);
};

}  // namespace larder::detail
