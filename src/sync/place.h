// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "core/per_process.h"
#include "larder/engine/engine.h"
#include "sync/area.h"

namespace larder::detail {

/// Where those meet who lock things on one engine.
///
/// Thread-safe.
class Place {
 public:
  /// @throws Error `denied` if the engine is read-only
  explicit Place(EnginePtr engine);

  [[nodiscard]] Engine& engine() const noexcept { return *engine_; }
  /// Names the memory, also in children of this process.
  [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
  /// The memory that all share. In the child of a fork it may be another one than in the parent.
  [[nodiscard]] Area& area() { return *mapped_.ref().area; }
  /// By what the others see that this process has the engine open.
  [[nodiscard]] std::uint64_t presence() { return mapped_.ref().presence; }

 private:
  struct Mapped {
    Area* area = nullptr;
    std::uint64_t presence = 0;
  };
  EnginePtr engine_;
  PerProcess<Mapped> mapped_;
  std::uint64_t id_;
};

}  // namespace larder::detail
