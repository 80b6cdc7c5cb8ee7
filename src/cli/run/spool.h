// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "larder/core/bytes.h"
#include "larder/core/io.h"

namespace larder::cli {

/// All that was on stdin, in a private file without a name, so that a command can read it after its
/// digest is known.
class Spool {
 public:
  /// Makes the file; nothing is read yet.
  /// @throws Error
  Spool();

  /// Reads stdin to its end.
  /// @throws Error
  void fill();

  /// The file, at its beginning.
  [[nodiscard]] int fd() const noexcept { return file_.fd(); }
  [[nodiscard]] const Bytes& digest() const noexcept { return digest_; }

 private:
  File file_;
  Bytes digest_;
};

}  // namespace larder::cli
