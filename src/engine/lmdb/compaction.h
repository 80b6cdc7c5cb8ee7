// SPDX-License-Identifier: Apache-2.0
//
// A compaction copies the entries in key order to a second database and puts its file in the place
// of the first. LMDB can copy its file itself, but walks through damaged pages unchecked.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/lmdb/environment.h"
#include "engine/lmdb/second_database.h"
#include "larder/core/function_ref.h"
#include "larder/engine/options.h"

namespace larder::lmdb {

/// Whether closing the database should compact it: a third of its file and more would be given
/// back, the copy takes no more time than `options` gives, the device has ample room, the file is
/// the caller's own, and as much as half of what it holds was `written` since it was opened. The
/// last does not count where the file is three times too large and the copy is small.
[[nodiscard]] bool is_worth_compacting(Environment& environment, const LmdbOptions& options, Io& io,
                                       std::uint64_t written);

/// Asked now and then whether to go on, `done` of `total` entries having been copied.
using GoOn = FunctionRef<bool(std::uint64_t done, std::uint64_t total)>;

/// A compact copy of a database that nobody has open, whose log is empty, and which the caller
/// keeps from being opened until the copy has taken its place. Null if `go_on` ended it.
/// @throws Error `full`, `corrupt`, `denied`, `unavailable`
[[nodiscard]] std::unique_ptr<SecondDatabase> make_compact_copy(const LmdbOptions& options,
                                                                const EngineHooks& hooks,
                                                                GoOn go_on);

}  // namespace larder::lmdb
