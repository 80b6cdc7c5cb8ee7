// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "larder/core/bytes.h"
#include "larder/core/clock.h"
#include "larder/engine/engine.h"

namespace larder {

/// Something to wait for: that `Engine::notifications(name)` is no longer `seen`.
struct Awaited {
  EnginePtr engine = nullptr;
  Bytes name = {};
  std::uint32_t seen = 0;
};

/// Ends a wait of its owner from another thread of the process.
class Bell {
 public:
  /// To be taken before looking whether there is anything to do.
  [[nodiscard]] std::uint32_t rings() const noexcept { return rings_.load(); }
  void ring() noexcept;

 private:
  friend void wait_any(std::span<const Awaited> awaited, const Bell& bell, std::uint32_t rings,
                       SteadyTime deadline);
  std::atomic<std::uint32_t> rings_{0};
};

/// `Engine::wait()` for several, of any engines: sleeps until one of them has happened, until the
/// bell has rung more than `rings` times, or until `deadline`. Wakes now and then without a reason;
/// every ten milliseconds where the kernel cannot wait for so many at once (Linux before 5.16, and
/// more than 127).
void wait_any(std::span<const Awaited> awaited, const Bell& bell, std::uint32_t rings,
              SteadyTime deadline);

}  // namespace larder
