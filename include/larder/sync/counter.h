// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "larder/engine/engine.h"
#include "larder/key/key.h"

namespace larder {

/// A whole number that all threads of all processes count with which use an engine, and that is
/// kept in it. It never expires and is never evicted. Inside an update of the engine its changes
/// are part of that.
///
/// Thread-safe. Copies are the same counter.
class Counter {
 public:
  Counter(EnginePtr engine, const Key& name);

  /// Adds `delta`, which may be below zero, and returns the sum. A new counter is 0.
  /// @throws Error `invalid_argument` if the sum does not fit into 64 bits, `corrupt`, `full`,
  /// `unavailable`
  std::int64_t add(std::int64_t delta = 1);

  /// Where it stands.
  /// @throws Error `corrupt`
  [[nodiscard]] std::int64_t get() const;

  /// Returns where it stood and begins anew at 0. Fails as `add()` does.
  std::int64_t pop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace larder
