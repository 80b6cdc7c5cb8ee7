// SPDX-License-Identifier: Apache-2.0
#include "larder/cache/detail/scratch.h"

#include <cstddef>

namespace larder::detail {
namespace {

constexpr std::size_t most_kept_bytes = std::size_t{4} << 20U;

/// What one thread keeps.
struct Kept {
  ~Kept() { has_ended = true; }

  Bytes bytes;
  // Trivial, and so readable by what runs after the objects of a thread have ended.
  static thread_local bool has_ended;
};

thread_local bool Kept::has_ended = false;

Kept* kept_here() noexcept {
  if (Kept::has_ended) return nullptr;
  thread_local Kept kept;
  return &kept;
}

}  // namespace

Scratch Scratch::used() noexcept {
  Kept* kept = kept_here();
  return Scratch(kept == nullptr ? Bytes() : std::exchange(kept->bytes, {}));
}

Scratch::~Scratch() {
  Kept* kept = kept_here();
  const bool is_better = kept != nullptr && bytes_.capacity() > kept->bytes.capacity();
  if (is_better && bytes_.capacity() <= most_kept_bytes) bytes_.swap(kept->bytes);
}

}  // namespace larder::detail
