// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "larder/core/bytes.h"

namespace larder::detail {

/// A buffer for a long value on its way through a read. Each thread keeps the last one, up to
/// 4 MiB: memory that goes back to the system with each read has to be faulted in, page by page,
/// with the next, which takes several times as long as reading the value.
///
/// Thread-compatible. May end in another thread than it began in.
class ScratchBytes {
 public:
  /// Takes what this thread has kept. Its content is of no meaning.
  ScratchBytes() noexcept;
  ScratchBytes(ScratchBytes&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  ScratchBytes& operator=(ScratchBytes&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~ScratchBytes();

  [[nodiscard]] Bytes& bytes() noexcept { return bytes_; }
  [[nodiscard]] BytesView view() const noexcept { return bytes_; }

 private:
  Bytes bytes_;
};

}  // namespace larder::detail
