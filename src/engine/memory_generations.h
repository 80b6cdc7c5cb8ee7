// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <xxhash.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "larder/core/bytes.h"

namespace larder {

/// The generations of a memory engine: see Engine::generation. Who changes them is the only writer.
class MemoryGenerations {
 public:
  [[nodiscard]] std::uint64_t published() const noexcept {
    return published_.load(std::memory_order_acquire);
  }
  [[nodiscard]] const std::atomic<std::uint64_t>* of(BytesView key) const noexcept {
    return &slots_[slot(key)];
  }
  /// The running update changes `key`.
  void raise(BytesView key) noexcept { raise(slots_[slot(key)]); }
  /// It may change any.
  void raise_all() noexcept {
    for (std::atomic<std::uint64_t>& each : slots_) raise(each);
  }
  /// The running update has become visible.
  void publish() noexcept { published_.fetch_add(1, std::memory_order_release); }

 private:
  static std::size_t slot(BytesView key) noexcept {
    return XXH3_64bits(key.data(), key.size()) % slot_count;
  }
  void raise(std::atomic<std::uint64_t>& generation) const noexcept {
    generation.store(published() + 1, std::memory_order_release);
  }

  static constexpr std::size_t slot_count = 1024;
  std::array<std::atomic<std::uint64_t>, slot_count> slots_ = {};
  std::atomic<std::uint64_t> published_ = 0;
};

}  // namespace larder
