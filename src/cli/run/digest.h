// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "larder/core/bytes.h"

namespace larder::cli {

/// A 128-bit XXH3 digest of bytes that come piece by piece. Tells contents apart that differ by
/// accident; not made to withstand someone who builds two contents with one digest on purpose.
class Digester {
 public:
  Digester();
  ~Digester();
  Digester(const Digester&) = delete;
  Digester& operator=(const Digester&) = delete;

  void update(BytesView data);
  /// The digest of all that came so far, 16 bytes.
  [[nodiscard]] Bytes finish() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The digest of `data`.
[[nodiscard]] Bytes digest_of(BytesView data);

}  // namespace larder::cli
