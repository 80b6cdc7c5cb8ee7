// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/log_check.h"

#include <xxhash.h>

#include <cstring>

#include "core/xxh3.h"

namespace larder::lmdb {
namespace {

/// A mark is a sequence number in 48 bits and a checksum in 16.
constexpr std::uint64_t sequence_mask = (std::uint64_t{1} << 48U) - 1;

std::uint64_t checksum(const LogHeader& header) noexcept {
  return XXH3_64bits(&header, offsetof(LogHeader, checksum));
}

std::uint64_t checksum(const TxnHeader& header, BytesView entries) noexcept {
  const std::uint64_t body = detail::xxh3_64(entries);
  return XXH3_64bits_withSeed(&header, offsetof(TxnHeader, checksum), body);
}

/// Whether `entries` are laid out so that reading them stays inside.
bool is_well_formed(BytesView entries) noexcept {
  std::size_t at = 0;
  while (at < entries.size()) {
    EntryHeader header;
    if (entries.size() - at < sizeof(header)) return false;
    std::memcpy(&header, entries.data() + at, sizeof(header));
    const std::uint64_t size =
        sizeof(header) + std::uint64_t{header.key_bytes} + header.value_bytes;
    const std::uint64_t padded = (size + 7U) & ~std::uint64_t{7};
    if (header.key_bytes == 0 || padded > entries.size() - at) return false;
    if (header.kind != EntryKind::put && header.kind != EntryKind::erase) return false;
    at += padded;
  }
  return true;
}

/// The transaction at the start of `rest`, if it is whole.
std::optional<TxnHeader> read_txn(BytesView rest) noexcept {
  TxnHeader header;
  if (rest.size() < sizeof(header)) return std::nullopt;
  std::memcpy(&header, rest.data(), sizeof(header));
  if (header.magic != txn_magic || header.bytes < sizeof(header) || header.bytes > rest.size() ||
      header.bytes % 8 != 0) {
    return std::nullopt;
  }
  const BytesView entries = rest.subspan(sizeof(header), header.bytes - sizeof(header));
  if (header.checksum != checksum(header, entries)) return std::nullopt;
  return header;
}

}  // namespace

std::uint32_t boot_tag(std::string_view boot_id) noexcept {
  if (boot_id.empty()) return 0;
  return static_cast<std::uint32_t>(XXH3_64bits(boot_id.data(), boot_id.size())) | 1U;
}

std::uint64_t files_mark(std::uint64_t sequence) noexcept {
  if (sequence == 0) return 0;
  const std::uint64_t number = sequence & sequence_mask;
  return number | (XXH3_64bits(&number, sizeof(number)) & ~sequence_mask);
}

LogHeader make_log_header(std::uint64_t base_sequence, std::uint32_t boot) noexcept {
  LogHeader header{.magic = log_magic,
                   .version = log_version,
                   .boot = boot,
                   .base_sequence = base_sequence,
                   .checksum = 0};
  header.checksum = checksum(header);
  return header;
}

TxnHeader make_txn_header(std::uint64_t sequence, TxnOutcome outcome, BytesView entries) noexcept {
  TxnHeader header{.magic = txn_magic,
                   .outcome = outcome,
                   .sequence = sequence,
                   .bytes = sizeof(TxnHeader) + entries.size(),
                   .checksum = 0};
  header.checksum = checksum(header, entries);
  return header;
}

std::optional<LogStart> read_log_start(BytesView log) noexcept {
  LogHeader header;
  if (log.size() < log_data_begin) return std::nullopt;
  std::memcpy(&header, log.data(), sizeof(header));
  if (header.magic != log_magic || header.version != log_version ||
      header.checksum != checksum(header)) {
    return std::nullopt;
  }
  std::uint64_t mark = 0;
  std::memcpy(&mark, log.data() + files_mark_at, sizeof(mark));
  const std::uint64_t through = mark & sequence_mask;
  return LogStart{.base_sequence = header.base_sequence,
                  .boot = header.boot,
                  .files_through = files_mark(through) == mark ? through : UINT64_MAX};
}

std::uint64_t replay_log(BytesView log, std::uint64_t next,
                         FunctionRef<void(BytesView, BytesView, EntryKind)> visit,
                         std::uint64_t files_through) {
  const std::optional<LogStart> start = read_log_start(log);
  if (!start || start->base_sequence > next) return next;
  std::uint64_t expected = start->base_sequence;
  BytesView rest = log.subspan(log_data_begin);
  while (const std::optional<TxnHeader> txn = read_txn(rest)) {
    const BytesView entries = rest.subspan(sizeof(TxnHeader), txn->bytes - sizeof(TxnHeader));
    rest = rest.subspan(txn->bytes);
    if (txn->outcome == TxnOutcome::abandoned) continue;
    if (txn->sequence != expected || !is_well_formed(entries)) break;
    const bool needs_files = txn->outcome == TxnOutcome::committed_with_files;
    if (needs_files && txn->sequence >= next && txn->sequence > files_through) break;
    ++expected;
    if (txn->sequence < next) continue;
    for (std::size_t at = 0; at < entries.size();) {
      EntryHeader header;
      std::memcpy(&header, entries.data() + at, sizeof(header));
      const BytesView key = entries.subspan(at + sizeof(header), header.key_bytes);
      visit(key, entries.subspan(at + sizeof(header) + header.key_bytes, header.value_bytes),
            header.kind);
      at += (sizeof(header) + header.key_bytes + header.value_bytes + 7U) & ~std::size_t{7};
    }
  }
  return expected > next ? expected : next;
}

}  // namespace larder::lmdb
