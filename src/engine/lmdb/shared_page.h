// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>

#include "engine/lmdb/layout.h"
#include "larder/core/clock.h"
#include "larder/core/io.h"

namespace larder::lmdb {

/// Makes `mutex` one that processes share and that the kernel passes on when its owner dies.
/// Locking it twice in one thread fails with EDEADLK.
void make_robust(pthread_mutex_t& mutex);

/// Whether this thread has the robust `mutex` after a call to lock it that returned `result`.
[[nodiscard]] bool is_held(pthread_mutex_t& mutex, int result) noexcept;

/// This process's mapping of the file `shared`.
class SharedMapping {
 public:
  /// Maps the file. With `fresh`, which only the sole user may ask for, it is made anew first; with
  /// `read_only` only loads are possible.
  /// @throws Error `corrupt` if it is not ours, `not_supported` if another version of larder laid
  /// it out
  enum class Origin { fresh, existing, read_only };
  SharedMapping(Io& io, const std::filesystem::path& file, mode_t mode, Origin origin);
  SharedMapping(const SharedMapping&) = delete;
  SharedMapping& operator=(const SharedMapping&) = delete;
  ~SharedMapping();

  [[nodiscard]] SharedPage& operator*() const noexcept { return *page_; }
  [[nodiscard]] SharedPage* operator->() const noexcept { return page_; }
  [[nodiscard]] ClaimTable& claims() const noexcept {
    return *reinterpret_cast<ClaimTable*>(page_ + 1);
  }
  [[nodiscard]] GenerationTable& generations() const noexcept {
    return *reinterpret_cast<GenerationTable*>(&claims() + 1);
  }

 private:
  Io& io_;
  SharedPage* page_ = nullptr;
};

/// Makes `value` at least `least`.
inline void raise_to(std::atomic<std::uint64_t>& value, std::uint64_t least) noexcept {
  std::uint64_t seen = value.load(std::memory_order_relaxed);
  while (seen < least && !value.compare_exchange_weak(seen, least)) {
  }
}

/// Locks a mutex of the shared page for one scope. Whether the holder before died, and what it left
/// half done, must show in what the mutex protects: nobody is told twice.
class RobustLock {
 public:
  /// @throws Error `unavailable` if it is not to be had before `deadline`
  RobustLock(pthread_mutex_t& mutex, SteadyTime deadline);
  RobustLock(const RobustLock&) = delete;
  RobustLock& operator=(const RobustLock&) = delete;
  ~RobustLock();

 private:
  pthread_mutex_t& mutex_;
  std::uint64_t forks_;
};

}  // namespace larder::lmdb
