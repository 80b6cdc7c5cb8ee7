// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

#include "larder/engine/engine.h"

namespace larder::detail {

inline constexpr UpdateOptions freeing = {.deadline = std::nullopt, .frees_space = true};

/// Calls `body(Edit&)` in an update of the engine of `place`, and saves what it changed. Returns
/// what `body` returns.
template <typename Edit, typename Place, typename Body>
auto edit_in_update(const Place& place, Body body, const UpdateOptions& options) {
  return place.engine->update(
      [&](WriteTxn& txn) {
        Edit edit(place, txn);
        if constexpr (std::is_void_v<decltype(body(edit))>) {
          body(edit);
          edit.save();
        } else {
          auto result = body(edit);
          edit.save();
          return result;
        }
      },
      options);
}

}  // namespace larder::detail
