// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "larder/cache/async_operation.h"
#include "larder/cache/async_options.h"
#include "larder/cache/cache.h"
#include "larder/cache/detail/async_core.h"
#include "larder/cache/queue.h"

namespace larder {

/// A cache for programs that must not block: event loops and coroutines. Every function returns at
/// once, with an operation that is done elsewhere and answered by a callback, a `std::future` or
/// `co_await`: see `Async`. What the operations do, return and throw is what those of `Cache` of
/// the same name do.
///
/// Neither writers that hold each other up, nor loaders, nor waiting for another process keeps a
/// read from being done: who waits has no thread. Operations that are under way at the same time
/// may be done in any order; who needs an order waits for the answer.
///
/// Keeps the cache open. The end of the object gives up what waits, answers it with `unavailable`,
/// and waits for what has begun. After that nothing refers to it; an operation that begins later is
/// answered with `unavailable`. It may end in a callback.
///
/// Thread-safe. After `fork` the operations under way go on in the parent only; the child may begin
/// others.
///
/// @snippet async.cpp coroutine
class AsyncCache {
 public:
  explicit AsyncCache(Cache cache, AsyncOptions options = {});
  AsyncCache(const AsyncCache&) = delete;
  AsyncCache& operator=(const AsyncCache&) = delete;
  ~AsyncCache();

  /// As the functions of `Cache`.
  template <Encodable Value>
  Async<std::optional<Value>> get(Key key, ReadOptions options = {}) const {
    return read([key = std::move(key), options](const Cache& cache) {
      return cache.get<Value>(key, options);
    });
  }
  template <Encodable Value>
  Async<std::optional<CacheEntry<Value>>> get_entry(Key key, ReadOptions options = {}) const {
    return read([key = std::move(key), options](const Cache& cache) {
      return cache.get_entry<Value>(key, options);
    });
  }
  template <Encodable Value>
  Async<void> put(Key key, Value value, PutOptions options = {}) {
    return write([key = std::move(key), value = std::move(value),
                  options = std::move(options)](Cache& cache) { cache.put(key, value, options); });
  }
  Async<void> put(Key key, std::string_view text, PutOptions options = {}) {
    return put(std::move(key), std::string(text), std::move(options));
  }
  template <Encodable Value>
  Async<bool> add(Key key, Value value, PutOptions options = {}) {
    return write([key = std::move(key), value = std::move(value), options = std::move(options)](
                     Cache& cache) { return cache.add(key, value, options); });
  }
  Async<bool> add(Key key, std::string_view text, PutOptions options = {}) {
    return add(std::move(key), std::string(text), std::move(options));
  }
  Async<bool> erase(Key key) {
    return write([key = std::move(key)](Cache& cache) { return cache.erase(key); });
  }
  template <Encodable Value>
  Async<std::optional<Value>> pop(Key key) {
    return write([key = std::move(key)](Cache& cache) { return cache.pop<Value>(key); });
  }
  Async<bool> touch(Key key, std::optional<Duration> ttl = std::nullopt) {
    return write([key = std::move(key), ttl](Cache& cache) { return cache.touch(key, ttl); });
  }
  Async<std::int64_t> incr(Key key, std::int64_t delta = 1, std::int64_t initial = 0) {
    return write([key = std::move(key), delta, initial](Cache& cache) {
      return cache.incr(key, delta, initial);
    });
  }

  /// As `Cache::get_or_load()`. `loader` runs in one of the threads that do the work, and must be
  /// copyable; it may use `Cache`, but must not wait for answers of this object. Without
  /// `refresh_on`, values that may still be returned are loaded again in these threads, too.
  template <std::invocable Loader>
  auto get_or_load(Key key, Loader loader, LoadOptions options = {});

  /// Calls `body(Cache&)` where loaders run: for what takes long and is not a load.
  template <std::invocable<Cache&> Body>
  Async<std::invoke_result_t<Body&, Cache&>> compute(Body body) {
    return start(detail::make_call(core_, detail::AsyncLane::load, std::move(body)));
  }

  /// Runs `body(Cache&)` as `Cache::transact()` does.
  template <std::invocable<Cache&> Body>
  Async<std::invoke_result_t<Body&, Cache&>> transact(Body body) {
    return write([body = std::move(body)](Cache& cache) mutable {
      return cache.transact([&] { return body(cache); });
    });
  }

  /// Calls `body(const Cache&)`, for all that only reads: `count`, `stats`, a walk over `keys()`.
  template <std::invocable<const Cache&> Body>
  Async<std::invoke_result_t<Body&, const Cache&>> read(Body body) const {
    auto run = [body = std::move(body)](Cache& cache) mutable {
      return body(std::as_const(cache));
    };
    return start(detail::make_call(core_, detail::AsyncLane::read, std::move(run)));
  }

  /// Calls `body(Cache&)`, for all else: `expire`, `erase_selected`, `compare_and_swap`.
  template <std::invocable<Cache&> Body>
  Async<std::invoke_result_t<Body&, Cache&>> write(Body body) {
    return start(detail::make_call(core_, detail::AsyncLane::write, std::move(body)));
  }

  /// As `Queue::push()`, `Queue::pull()` and `Queue::pull_within()`. Who waits for an item has no
  /// thread, and is woken by the push of any process.
  template <Encodable Value>
  Async<std::int64_t> push(Queue queue, Value value, Side side = Side::back,
                           PutOptions options = {}) {
    return write([queue = std::move(queue), value = std::move(value), side,
                  options = std::move(options)](Cache&) mutable {
      return queue.push(value, side, options);
    });
  }
  template <Encodable Value>
  Async<std::optional<QueueItem<Value>>> pull(Queue queue, Side side = Side::front) {
    return write(
        [queue = std::move(queue), side](Cache&) mutable { return queue.pull<Value>(side); });
  }
  template <Encodable Value>
  Async<std::optional<QueueItem<Value>>> pull_within(std::chrono::nanoseconds timeout, Queue queue,
                                                     Side side = Side::front);

  /// The cache, for callers that may wait.
  [[nodiscard]] const Cache& cache() const noexcept;

 private:
  template <typename T>
  Async<T> start(std::shared_ptr<detail::AsyncCall<T>> call) const {
    return Async<T>(core_, std::move(call));
  }

  std::shared_ptr<detail::AsyncCore> core_;
};

}  // namespace larder

#include "larder/cache/detail/async_inl.h"  // IWYU pragma: export
