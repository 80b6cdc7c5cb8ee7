// SPDX-License-Identifier: Apache-2.0

// The log of the LMDB engine, as a crash may have left it: replaying reads nothing outside of it
// and never goes back in sequence. The input also becomes the entries of transactions with right
// checksums, so that the parser behind the checksum is reached.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "engine/lmdb/log_check.h"
#include "larder/core/bytes.h"

namespace larder::lmdb {
namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

std::uint64_t replay(BytesView log, std::uint64_t next) {
  std::size_t sum = 0;
  const std::uint64_t after = replay_log(log, next, [&](BytesView key, BytesView value, EntryKind) {
    require(!key.empty());
    for (const std::byte byte : key) sum += std::to_integer<std::size_t>(byte);
    for (const std::byte byte : value) sum += std::to_integer<std::size_t>(byte);
  });
  require(after >= next && (sum == 0 || after > next));
  return after;
}

void add(Bytes& log, std::uint64_t sequence, TxnOutcome outcome, BytesView entries) {
  const TxnHeader header = make_txn_header(sequence, outcome, entries);
  append(log, std::as_bytes(std::span(&header, 1)));
  append(log, entries);
}

void replay_built(BytesView data) {
  const LogHeader header = make_log_header(7);
  Bytes log = to_bytes(std::as_bytes(std::span(&header, 1)));
  log.resize(log_data_begin);
  const BytesView half = data.first(data.size() / 16 * 8);
  add(log, 0, TxnOutcome::abandoned, half);
  add(log, 7, TxnOutcome::committed, half);
  add(log, 8, TxnOutcome::committed, data.subspan(half.size()).first(half.size()));
  append(log, data);
  require(replay(log, 7) <= 9 + data.size());
}

}  // namespace
}  // namespace larder::lmdb

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const larder::BytesView bytes = std::as_bytes(std::span(data, size));
  larder::lmdb::replay(bytes, size);
  larder::lmdb::replay_built(bytes);
  return 0;
}
