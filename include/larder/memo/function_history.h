// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "larder/cache/cache.h"
#include "larder/code/explanation.h"
#include "larder/core/clock.h"
#include "larder/core/function_ref.h"
#include "larder/key/key.h"
#include "larder/memo/call_key.h"

namespace larder {

/// What a memoized function was when it was first used with a cache. Results of one state are not
/// found by another.
struct FunctionState {
  FunctionIdentity identity;
  WallTime since;
  /// What its machine code was made of; nothing if code was given by the caller.
  std::optional<CodeExplanation> code = std::nullopt;
};

/// What is different between two states of a function.
struct FunctionChanges {
  bool is_other_version = false;
  bool has_other_types = false;  ///< Of parameters or result.
  bool has_other_code = false;
  CodeChanges code = {};  ///< Where, as far as both states know it.
};

/// The states that the functions called `name` had, the oldest first; of all functions with names,
/// if `name` is empty. `memoize()` remembers them in the cache, in one of its own within:
/// `".functions"`.
[[nodiscard]] std::vector<FunctionState> function_history(const Cache& cache,
                                                          std::string_view name = {});

/// What changed from `before` to `after`.
[[nodiscard]] FunctionChanges compare(const FunctionState& before, const FunctionState& after);

namespace detail {

/// Remembers the state of a function, unless it is known; does nothing where that is not possible,
/// as the results do not depend on it.
void remember_state(Cache& cache, const FunctionIdentity& identity,
                    FunctionRef<std::optional<CodeExplanation>()> explain);

/// What changed since the last of the other states of which there is a result for the same
/// arguments; nothing if there is none, or one of the present state.
[[nodiscard]] std::optional<FunctionChanges> changes_since_kept(const Cache& cache, const Key& key);

}  // namespace detail

}  // namespace larder
