// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>

#include "larder/engine/options.h"

namespace larder::lmdb {

/// Tells the log hook what the database in `options.path` could not do, where nobody can be told
/// by an exception. Without memory for it nothing is told.
void warn(const LmdbOptions& options, const EngineHooks& hooks, const char* what,
          const std::exception& error) noexcept;

}  // namespace larder::lmdb
