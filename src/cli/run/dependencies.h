// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/run/run_store.h"
#include "larder/cache/cache.h"
#include "larder/key/key.h"

namespace larder::cli {

/// The files that a command turns out to depend on, which it writes to a depfile.
///
/// Results are found in two steps: from what is known before the command runs (`base`) to the names
/// of the files that it depended on last time, and from the content of those to the result. So a
/// result is used only if it was computed with the same files and the same content of each.
class Dependencies {
 public:
  /// `store` must outlive the object.
  Dependencies(Key base, std::string depfile, RunStore& store);

  /// The key of the result that fits the files as they are now; `base`, where no result is, if
  /// that cannot be said.
  [[nodiscard]] Key current_key() const;

  /// To be called before the command runs: what changes from now on is not what it read. Waits for
  /// the next tick of the clock of files, a few milliseconds.
  void begin();

  /// Reads the depfile that the command wrote, remembers what it names, and returns the key of the
  /// result.
  /// @throws NotKept if it cannot be said what the command depends on
  [[nodiscard]] Key record();

 private:
  [[nodiscard]] Key key_of(const std::vector<std::string>& names) const;

  Key base_;
  std::string depfile_;
  RunStore& store_;
  Cache lists_;
  std::int64_t begin_ns_ = 0;
};

}  // namespace larder::cli
