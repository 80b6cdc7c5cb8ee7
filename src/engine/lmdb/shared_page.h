// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>

#include "engine/lmdb/layout.h"
#include "engine/robust_mutex.h"
#include "larder/core/io.h"

namespace larder::lmdb {

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
  [[nodiscard]] EmptyRangeTable& empty_ranges() const noexcept {
    return *reinterpret_cast<EmptyRangeTable*>(&generations() + 1);
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

}  // namespace larder::lmdb
