// SPDX-License-Identifier: Apache-2.0
//
// What thread sanitizers do not know, said in words that they do know: they see no fences, and
// nothing of what happens within LMDB.
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

namespace detail {
#if defined(LARDER_THREAD_SANITIZER)
inline std::atomic<int> fence_place{0};
#endif
}  // namespace detail

/// Orders every access before it before the stores after it, which may be those of a library that
/// knows no atomics: who sees such a store, and then calls `acquire_fence()`, comes after.
inline void release_fence() noexcept {
#if defined(LARDER_THREAD_SANITIZER)
  detail::fence_place.fetch_add(1, std::memory_order_release);
#else
  std::atomic_thread_fence(std::memory_order_release);
#endif
}

/// Orders the loads before it before every access after it.
inline void acquire_fence() noexcept {
#if defined(LARDER_THREAD_SANITIZER)
  detail::fence_place.load(std::memory_order_acquire);
#else
  std::atomic_thread_fence(std::memory_order_acquire);
#endif
}

}  // namespace larder
