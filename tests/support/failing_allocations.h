// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace larder::test {

/// From which of the allocations of this thread on memory is short.
enum class Shortage { one, all };

/// While it lives, `operator new` fails in this thread: at allocation `nth`, counted from zero, or
/// from then on. A program that uses this has an `operator new` of its own.
class FailingAllocations {
 public:
  explicit FailingAllocations(std::uint64_t nth, Shortage shortage = Shortage::one) noexcept;
  FailingAllocations(const FailingAllocations&) = delete;
  FailingAllocations& operator=(const FailingAllocations&) = delete;
  ~FailingAllocations();

  /// Whether there were so many allocations that one failed.
  [[nodiscard]] bool has_failed() const noexcept;
};

}  // namespace larder::test
