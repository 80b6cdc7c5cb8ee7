// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "larder/engine/engine.h"

namespace larder::detail {

/// The value files that some process is just making or removing, in shared memory: after a crash
/// only these can be left over, so that opening a cache need not look at all files.
///
/// Thread-safe.
class InFlight {
 public:
  InFlight(Engine& engine, const std::string& name);

  /// Notes `name`. What it returns goes to `release()` when the work is done.
  [[nodiscard]] std::size_t claim(std::uint64_t name) noexcept;
  void release(std::size_t slot, std::uint64_t name) noexcept;
  void release_all_of(std::uint64_t name) noexcept;

  /// The names noted.
  [[nodiscard]] std::vector<std::uint64_t> names() const;

  /// Notes that files may be left over that no slot tells of, until `all_swept()`.
  void expect_leftovers() noexcept;
  /// Whether that was noted, or the machine was started anew: its memory is gone then.
  [[nodiscard]] bool expects_leftovers() const noexcept;
  void all_swept() noexcept;

 private:
  std::span<std::uint64_t> words_;  // accessed atomically: boot, flag, slots
};

}  // namespace larder::detail
