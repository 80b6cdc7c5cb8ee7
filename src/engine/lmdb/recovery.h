// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/lmdb/environment.h"
#include "larder/engine/options.h"

namespace larder::lmdb {

/// Brings to LMDB what the log files in the directory hold beyond it, up to the first transaction
/// that did not survive, and removes them. Only for the sole user of the directory. Returns the
/// last sequence number.
std::uint64_t recover(const LmdbOptions& options, const EngineHooks& hooks,
                      Environment& environment);

/// The last number before the log in the directory: up to there LMDB has it all. 0 without a log.
[[nodiscard]] std::uint64_t before_log(const LmdbOptions& options, const EngineHooks& hooks);

/// Durability::disposable leaves a note that holds the name of this boot of the machine, as long as
/// its database is not closed in order: after another boot the database is not to be trusted and
/// starts anew.
[[nodiscard]] bool is_lost_disposable(const LmdbOptions& options, const EngineHooks& hooks);
/// Has a database that is not to be trusted start anew, and leaves the note.
void start_disposable(const LmdbOptions& options, const EngineHooks& hooks);
/// Drops the note: what the database holds is on the device.
void end_disposable(const LmdbOptions& options, const EngineHooks& hooks);

}  // namespace larder::lmdb
