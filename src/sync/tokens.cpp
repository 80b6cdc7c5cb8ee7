// SPDX-License-Identifier: Apache-2.0
#include "sync/tokens.h"

#include "sync/cell.h"
#include "sync/ledger.h"

namespace larder::detail {

namespace {

// One sync of the device for so many acquisitions. As many are lost when memory is.
constexpr std::uint64_t drawn_at_once = 1U << 16U;

}  // namespace

void draw_tokens(Place& place) {
  const std::uint64_t begin = place.engine().update([&](WriteTxn& txn) {
    const Cell cell(CellKind::tokens, {});
    const std::uint64_t next = cell.read<std::uint64_t>(txn).value_or(1);
    cell.write(txn, next + drawn_at_once);
    return next;
  });
  place.engine().sync();
  Ledger(place.area(), SteadyTime::max()).add_tokens(begin, begin + drawn_at_once);
}

}  // namespace larder::detail
