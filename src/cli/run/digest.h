// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <memory>

#include "larder/core/bytes.h"

namespace larder::cli {

/// What stands for the content of a file: SHA-256, so that nobody can make another content with
/// the same digest.
using Digest = std::array<std::byte, 32>;

/// The digest of bytes that come piece by piece.
class Digester {
 public:
  Digester();
  ~Digester();
  Digester(const Digester&) = delete;
  Digester& operator=(const Digester&) = delete;

  void update(BytesView data);
  /// The digest of all that came; nothing may come afterwards.
  [[nodiscard]] Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The digest of `data`.
[[nodiscard]] Digest digest_of(BytesView data);

}  // namespace larder::cli
