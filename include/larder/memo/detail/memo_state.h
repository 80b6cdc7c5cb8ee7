// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "larder/memo/call_key.h"
#include "larder/memo/detail/memo_call.h"
#include "larder/memo/memoize_options.h"

namespace larder::detail {

template <typename Signature, typename F, typename Place>
struct MemoState;

/// What the handles on one memoized function share.
template <typename R, typename... Args, typename F, typename Place>
struct MemoState<R(Args...), F, Place> {
  using Function = MemoFunction<F, R>;
  using Keys = CallKeys<std::decay_t<Args>...>;

  MemoState(F f, MemoizeOptions<R(Args...)> options, Keys keys_, Place place_)
      : function(std::make_shared<Function>(Function{std::move(f), std::move(options.keep_if)})),
        keys(std::move(keys_)),
        defaults(std::move(options.defaults)),
        place(std::move(place_)) {}

  std::shared_ptr<Function> function;
  Keys keys;
  DefaultArguments<std::decay_t<Args>...> defaults;
  Place place;
  std::atomic<std::uint64_t> uncacheable = 0;
};

}  // namespace larder::detail
