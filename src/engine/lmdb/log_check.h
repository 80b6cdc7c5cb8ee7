// SPDX-License-Identifier: Apache-2.0
//
// Checksums of the log, and reading a log that a crash or a power cut left behind. Described byte
// by byte in docs/format/log.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/lmdb/layout.h"
#include "larder/core/bytes.h"
#include "larder/core/function_ref.h"

namespace larder::lmdb {

/// Boots of the machine are told apart by this; 0 for one without a name.
[[nodiscard]] std::uint32_t boot_tag(std::string_view boot_id) noexcept;

[[nodiscard]] LogHeader make_log_header(std::uint64_t base_sequence,
                                        std::uint32_t boot = 0) noexcept;

/// The word that says that all files which transactions up to `sequence` need are on the device.
[[nodiscard]] std::uint64_t files_mark(std::uint64_t sequence) noexcept;

/// What the first bytes of a log file tell.
struct LogStart {
  std::uint64_t base_sequence = 0;  ///< Sequence number of the first transaction.
  std::uint32_t boot = 0;           ///< As `boot_tag()`.
  /// What transactions up to this one need is on the device: all of them if the mark is damaged.
  std::uint64_t files_through = 0;
};

/// The header of a transaction with these `entries`.
[[nodiscard]] TxnHeader make_txn_header(std::uint64_t sequence, TxnOutcome outcome,
                                        BytesView entries) noexcept;

/// Reads the start of a log file; nothing if its header is not whole.
[[nodiscard]] std::optional<LogStart> read_log_start(BytesView log) noexcept;

/// Calls `visit` for every entry of every committed transaction of `log` whose sequence number is
/// `next` or more, in order, up to the first transaction that is not whole or out of sequence, or
/// that needs files and comes after `files_through`. Returns the sequence number that would come
/// next. Never reads outside of `log`.
std::uint64_t replay_log(BytesView log, std::uint64_t next,
                         FunctionRef<void(BytesView key, BytesView value, EntryKind kind)> visit,
                         std::uint64_t files_through = UINT64_MAX);

}  // namespace larder::lmdb
