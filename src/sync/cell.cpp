// SPDX-License-Identifier: Apache-2.0
#include "sync/cell.h"

#include <string>

#include "codec/frame.h"
#include "larder/core/error.h"

namespace larder::detail {

Cell::Cell(CellKind kind, BytesView name) : key_(to_bytes(as_bytes("sync"))) {
  key_.push_back(static_cast<std::byte>(kind));
  append(key_, name);
}

std::optional<BytesView> Cell::read_bytes(ReadTxn& txn, std::uint64_t schema) const {
  const std::optional<BytesView> record = txn.get(key_);
  if (!record) return std::nullopt;
  FrameFault fault{};
  const std::optional<FrameView> frame = open_frame(*record, key_, &fault);
  if (!frame) {
    throw Error(ErrorKind::corrupt,
                "sync: a stored value is " + std::string(to_string(fault)) + "; erase it");
  }
  if (frame->header.schema != schema) {
    throw Error(ErrorKind::invalid_argument,
                "sync: a value of that name was stored as another "
                "type; use another name");
  }
  return frame->payload;
}

void Cell::write_bytes(WriteTxn& txn, std::uint64_t schema, BytesView encoded) const {
  txn.put(key_, frame({.schema = schema, .raw_bytes = encoded.size()}, encoded, key_));
}

}  // namespace larder::detail
