// SPDX-License-Identifier: Apache-2.0
#include "cli/run/digest.h"

#include <xxhash.h>

#include <new>

namespace larder::cli {
namespace {

Bytes to_digest(XXH128_hash_t hash) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, hash);
  return to_bytes(std::as_bytes(std::span(canonical.digest)));
}

}  // namespace

struct Digester::State {
  State() : xxh(XXH3_createState()) {
    if (xxh == nullptr || XXH3_128bits_reset(xxh) != XXH_OK) throw std::bad_alloc();
  }
  ~State() { XXH3_freeState(xxh); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  XXH3_state_t* xxh;
};

Digester::Digester() : state_(std::make_unique<State>()) {}

Digester::~Digester() = default;

void Digester::update(BytesView data) {
  static_cast<void>(XXH3_128bits_update(state_->xxh, data.data(), data.size()));
}

Bytes Digester::finish() const { return to_digest(XXH3_128bits_digest(state_->xxh)); }

Bytes digest_of(BytesView data) { return to_digest(XXH3_128bits(data.data(), data.size())); }

}  // namespace larder::cli
