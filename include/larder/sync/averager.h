// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "larder/engine/engine.h"
#include "larder/key/key.h"

namespace larder {

/// An average that all threads of all processes add to which use an engine, and that is kept in it.
/// Inside an update of the engine its changes are part of that.
///
/// Thread-safe. Copies are the same average.
class Averager {
 public:
  Averager(EnginePtr engine, const Key& name);

  /// Adds one number.
  /// @throws Error `invalid_argument` if it is not finite or the sum of all would not be, and then
  /// nothing changes; `corrupt`, `full`, `unavailable`
  void add(double value);

  /// The average of all that was added, or nothing if nothing was.
  /// @throws Error `corrupt`
  [[nodiscard]] std::optional<double> get() const;

  /// How many numbers were added.
  /// @throws Error `corrupt`
  [[nodiscard]] std::uint64_t count() const;

  /// Returns the average and begins anew. Fails as `add()` does.
  std::optional<double> pop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace larder
