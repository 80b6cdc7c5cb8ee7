// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/warn.h"

#include <string>

namespace larder::lmdb {

void warn(const LmdbOptions& options, const EngineHooks& hooks, const char* what,
          const std::exception& error) noexcept {
  if (!hooks.log) return;
  try {
    hooks.log(LogLevel::warning, options.path.string() + ": " + what + ": " + error.what());
  } catch (...) {  // NOLINT(bugprone-empty-catch): there may be no memory for it
  }
}

}  // namespace larder::lmdb
