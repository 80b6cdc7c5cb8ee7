// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "larder/cache/detail/async_core.h"
#include "larder/cache/detail/cache_core.h"

namespace larder::detail {

/// `CacheCore::load()` in steps, between which no thread waits for other callers.
///
/// Not thread-safe.
class CacheCore::LoadSteps {
 public:
  /// `core` must outlive this.
  LoadSteps(CacheCore& core, Key key, LoadType type, LoadOptions options);
  LoadSteps(const LoadSteps&) = delete;
  LoadSteps& operator=(const LoadSteps&) = delete;
  ~LoadSteps();

  /// Goes on as far as it can, for `task`. `visit` and `call` as in `load()`.
  AsyncStep go_on(AsyncTask& task, LoadCall call, EntryVisitor visit);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace larder::detail
