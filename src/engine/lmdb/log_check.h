// SPDX-License-Identifier: Apache-2.0
//
// Checksums of the log, and reading a log that a crash or a power cut left behind. Described byte
// by byte in docs/format/log.md.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/lmdb/layout.h"
#include "larder/core/bytes.h"
#include "larder/core/function_ref.h"

namespace larder::lmdb {

[[nodiscard]] LogHeader make_log_header(std::uint64_t base_sequence) noexcept;

/// The header of a transaction with these `entries`.
[[nodiscard]] TxnHeader make_txn_header(std::uint64_t sequence, TxnOutcome outcome,
                                        BytesView entries) noexcept;

/// The first sequence number of a log file; nothing if its header is not whole.
[[nodiscard]] std::optional<std::uint64_t> base_sequence(BytesView log) noexcept;

/// Calls `visit` for every entry of every committed transaction of `log` whose sequence number is
/// `next` or more, in order, up to the first transaction that is not whole or out of sequence.
/// Returns the sequence number that would come next. Never reads outside of `log`.
std::uint64_t replay_log(BytesView log, std::uint64_t next,
                         FunctionRef<void(BytesView key, BytesView value, EntryKind kind)> visit);

}  // namespace larder::lmdb
