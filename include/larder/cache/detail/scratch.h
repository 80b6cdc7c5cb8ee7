// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "larder/core/bytes.h"

namespace larder::detail {

/// A buffer for a value on its way in or out, which keeps its memory for the next use in the same
/// thread, up to 4 MiB: memory that goes back to the system each time has to be faulted in, page by
/// page, with the next use, which takes several times as long as reading a long value.
///
/// Thread-compatible. May be nested: an inner one simply starts with no memory. May end in another
/// thread than it began in.
class Scratch {
 public:
  /// Empty.
  Scratch() noexcept : Scratch(used()) { bytes_.clear(); }
  /// With a content of no meaning, to be overwritten: bytes that are there need not be set to zero.
  [[nodiscard]] static Scratch used() noexcept;
  Scratch(Scratch&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  Scratch& operator=(Scratch&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Scratch();

  [[nodiscard]] Bytes& bytes() noexcept { return bytes_; }
  [[nodiscard]] BytesView view() const noexcept { return bytes_; }

 private:
  explicit Scratch(Bytes bytes) noexcept : bytes_(std::move(bytes)) {}

  Bytes bytes_;
};

}  // namespace larder::detail
