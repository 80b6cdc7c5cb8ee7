// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "larder/cache/detail/cache_core.h"

namespace larder::detail {

namespace {

// What one thread keeps for the next use; more than this goes back to the system.
constexpr std::size_t max_kept_bytes = std::size_t{1} << 20U;

Bytes& kept() {
  thread_local Bytes bytes;
  return bytes;
}

}  // namespace

Scratch::Scratch() : bytes_(std::move(kept())) { bytes_.clear(); }

Scratch::~Scratch() {
  if (bytes_.capacity() <= max_kept_bytes && bytes_.capacity() > kept().capacity()) {
    kept() = std::move(bytes_);
  }
}

}  // namespace larder::detail
