// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <vector>

#include "larder/core/mutex.h"

namespace larder::lmdb {

/// What waits until updates would survive a power cut, see WriteTxn::when_durable. Thread-safe.
class DurableHooks {
 public:
  using Hook = std::function<void()>;

  /// Keeps `hooks` until the update `sequence` is on the device.
  void add(std::uint64_t sequence, std::vector<Hook> hooks);
  /// All up to `sequence` are: runs what waited for them, and waits for others who do.
  void run_through(std::uint64_t sequence) noexcept;
  /// Whether so many wait that the device should be asked at once.
  [[nodiscard]] bool is_crowded() const noexcept {
    constexpr std::size_t crowd = 256;
    return count_.load(std::memory_order_relaxed) >= crowd;
  }

 private:
  struct Waiting {
    std::uint64_t sequence;
    Hook hook;
  };

  Mutex running_;  ///< Taken before mutex_.
  Mutex mutex_;
  // Taking one out needs no memory.
  std::list<Waiting> waiting_ LARDER_GUARDED_BY(mutex_);
  std::atomic<std::size_t> count_{0};
};

}  // namespace larder::lmdb
