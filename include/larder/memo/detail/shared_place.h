// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "larder/cache/cache.h"
#include "larder/cache/load_options.h"
#include "larder/cache/object_tier.h"
#include "larder/core/clock.h"
#include "larder/core/log.h"
#include "larder/memo/detail/call_counts.h"

namespace larder::detail {

/// Loads the result of a call. A copy has copies of the arguments and runs alone.
template <typename Call>
class MemoLoader {
 public:
  using Stored = typename Call::Stored;

  explicit MemoLoader(Call& call) : call_(&call) {}
  MemoLoader(const MemoLoader& other)
      : detached_(other.call_ != nullptr ? other.call_->detach() : other.detached_) {}
  MemoLoader& operator=(const MemoLoader&) = delete;
  ~MemoLoader() = default;

  Loaded<Stored> operator()() {
    if (call_ == nullptr) return detached_();
    has_run_ = true;
    return call_->load();
  }

  [[nodiscard]] bool has_run() const noexcept { return has_run_; }

 private:
  Call* call_ = nullptr;
  std::function<Loaded<Stored>()> detached_ = {};
  bool has_run_ = false;
};

[[nodiscard]] inline Cache& cache_of(Cache& cache) { return cache; }
template <typename Stored>
[[nodiscard]] Cache& cache_of(ObjectTier<Stored>& tier) {
  return tier.cache();
}

/// The log hook of `cache`.
[[nodiscard]] const LogSink& log_of(const Cache& cache);

/// Keeps a result that took `load_time` to compute, in place of what is there; tells the log hook
/// if it cannot.
template <typename Stored>
void store_result(Cache& cache, const Key& key, const Stored& result, const PutOptions& options,
                  Duration load_time) {
  const Bytes encoded = encode(result);
  CacheAccess::core(cache)->store_computed(key, Codec<Stored>::schema(), encoded, options,
                                           load_time);
}

/// The results of one function in a place that it shares with other functions and processes: a
/// `Cache`, or an `ObjectTier` on one.
template <typename Where, typename Stored>
class SharedPlace {
 public:
  using Object = std::shared_ptr<const Stored>;

  SharedPlace(Where where, LoadOptions load, KeyPrefix keys)
      : where_(std::move(where)), load_(std::move(load)), keys_(std::move(keys)) {}

  template <typename Call>
  [[nodiscard]] Stored get(const Key& key, Call& call) {
    auto found = load(key, call);
    return take(found);
  }

  template <typename Call>
  [[nodiscard]] Object share(const Key& key, Call& call) {
    auto found = load(key, call);
    return as_object(found);
  }

  [[nodiscard]] Object find(const Key& key) const {
    if constexpr (is_tier) {
      return where_.get(key);
    } else {
      auto found = where_.template get<Stored>(key);
      return found ? as_object(*found) : nullptr;
    }
  }

  Object put(const Key& key, Stored result, Duration load_time) {
    store_result(cache(), key, result, load_.put, load_time);
    return std::make_shared<const Stored>(std::move(result));
  }
  bool erase(const Key& key) { return cache().erase(key); }
  void clear() { cache().erase_selected({.prefix = keys_}); }
  [[nodiscard]] MemoizeStats stats() const { return counts_->sum(); }
  void reset_stats() { counts_->reset(); }
  [[nodiscard]] const Clock& clock() const { return Clock::system(); }
  [[nodiscard]] Cache& cache() { return cache_of(where_); }

 private:
  static constexpr bool is_tier = !std::same_as<Where, Cache>;

  static Stored take(Stored& found) { return std::move(found); }
  static Stored take(Object& found) { return *found; }
  static Object as_object(Stored& found) {
    return std::make_shared<const Stored>(std::move(found));
  }
  static Object as_object(Object& found) { return std::move(found); }

  template <typename Call>
  auto load(const Key& key, Call& call) {
    MemoLoader<Call> loader(call);
    auto found = where_.get_or_load(key, loader, load_);
    if (loader.has_run()) {
      counts_->add_miss();
    } else {
      counts_->add_hit();
    }
    return found;
  }

  Where where_;
  LoadOptions load_;
  KeyPrefix keys_;  // of all results of the function
  std::unique_ptr<CallCounts> counts_ = std::make_unique<CallCounts>();
};

}  // namespace larder::detail
