// SPDX-License-Identifier: Apache-2.0
//
// What GCC 12's thread sanitizer does not know, said in words that it does know.
#pragma once

#include <atomic>

#if defined(__SANITIZE_THREAD__)
#  define LARDER_THREAD_SANITIZER 1
#elif defined(__has_feature)
#  if __has_feature(thread_sanitizer)
#    define LARDER_THREAD_SANITIZER 1
#  endif
#endif

namespace larder {

/// Orders every access before it before every access after it, stores before loads included.
inline void full_fence() noexcept {
#if defined(LARDER_THREAD_SANITIZER)
  static std::atomic<int> place{0};
  place.fetch_add(1, std::memory_order_seq_cst);
#else
  std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
}

}  // namespace larder
