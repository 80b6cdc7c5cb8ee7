// SPDX-License-Identifier: Apache-2.0
#pragma once

// The operations of async.h that may have to wait for others.

#include <memory>

#include "larder/cache/async.h"
#include "larder/cache/detail/load_steps.h"

namespace larder {

template <std::invocable Loader>
auto AsyncCache::get_or_load(Key key, Loader loader, LoadOptions options) {
  using Loads = detail::LoadsOf<Loader>;
  using Value = typename Loads::Value;
  using Result = std::conditional_t<Loads::may_be_absent, std::optional<Value>, Value>;
  static_assert(std::copy_constructible<Loader>, "a value may be loaded again later");
  if (!options.refresh_on) options.refresh_on = core_->loader_executor();
  struct Course {
    std::unique_ptr<detail::CacheCore::LoadSteps> steps = nullptr;
    std::optional<Value> found = std::nullopt;
    bool is_alone = false;  // another caller has loaded what is not stored
  };
  auto attempt = [key = std::move(key), loader = std::move(loader), options = std::move(options),
                  at = Course()](detail::AsyncTask& task, Cache& cache,
                                 std::optional<Result>& result) mutable {
    if constexpr (Loads::may_be_unstored) {
      if (at.is_alone) {
        result.emplace(loader().value);
        return detail::AsyncStep{};
      }
    }
    const auto visit = [&](const detail::SeenEntry& entry) {
      at.found.emplace(decode<Value>(entry.value));
    };
    const auto loaded = [&](std::optional<Value> value) { at.found = std::move(value); };
    detail::AsyncStep step =
        detail::with_load(loader, loaded, [&](detail::LoadType type, detail::LoadCall call) {
          if (at.steps == nullptr) {
            at.steps = std::make_unique<detail::CacheCore::LoadSteps>(
                *detail::CacheAccess::core(cache), key, type, options);
          }
          return at.steps->go_on(task, call, visit);
        });
    if (step.next != detail::AsyncStep::Next::nothing) return step;
    if constexpr (Loads::may_be_absent) {
      result.emplace(std::move(at.found));
    } else if (Loads::may_be_unstored && !at.found) {
      at.is_alone = true;
      step.next = detail::AsyncStep::Next::load;
    } else {
      result.emplace(std::move(at.found).value());
    }
    return step;
  };
  return start(std::shared_ptr<detail::AsyncCall<Result>>(
      std::make_shared<detail::AsyncCallOf<Result, decltype(attempt)>>(
          core_, detail::AsyncLane::read, std::move(attempt))));
}

template <Encodable Value>
Async<std::optional<QueueItem<Value>>> AsyncCache::pull_within(std::chrono::nanoseconds timeout,
                                                               Queue queue, Side side) {
  using Result = std::optional<QueueItem<Value>>;
  auto attempt = [queue = std::move(queue), side, timeout, until = std::optional<SteadyTime>()](
                     detail::AsyncTask&, Cache&, std::optional<Result>& result) mutable {
    if (!until) until = detail::deadline_in(timeout);
    detail::AsyncStep step = detail::wait_for_item(queue.items(), *until);
    // Asks to write only if there is something.
    Result item = queue.empty() ? std::nullopt : queue.pull<Value>(side);
    if (!item && Clock::system().steady_now() < *until) return step;
    result.emplace(std::move(item));
    return detail::AsyncStep{};
  };
  return start(std::shared_ptr<detail::AsyncCall<Result>>(
      std::make_shared<detail::AsyncCallOf<Result, decltype(attempt)>>(
          core_, detail::AsyncLane::write, std::move(attempt))));
}

inline const Cache& AsyncCache::cache() const noexcept { return core_->cache(); }

}  // namespace larder
