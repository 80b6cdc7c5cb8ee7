// SPDX-License-Identifier: Apache-2.0
#pragma once

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
  [[nodiscard]] Area& area() { return *mapped_.get()->area; }

 private:
  struct Mapped {
    Area* area = nullptr;
  };
  EnginePtr engine_;
  PerProcess<Mapped> mapped_;
  std::uint64_t id_;
};

}  // namespace larder::detail
