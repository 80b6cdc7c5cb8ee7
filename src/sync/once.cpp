// SPDX-License-Identifier: Apache-2.0
#include "larder/sync/once.h"

#include "sync/cell.h"

namespace larder {

struct Once::State {
  EnginePtr engine;
  detail::Cell cell;
};

Once::Once(EnginePtr engine, const Key& name)
    : turn_(engine, name),
      state_(std::make_shared<State>(State{
          .engine = std::move(engine),
          .cell = detail::Cell(detail::CellKind::once, name.bytes()),
      })) {}

bool Once::is_done() const {
  return state_->engine->view(
      [&](ReadTxn& txn) { return state_->cell.read<bool>(txn).value_or(false); });
}

bool Once::reset() {
  return state_->engine->update([&](WriteTxn& txn) { return state_->cell.erase(txn); });
}

void Once::set_done() {
  state_->engine->update([&](WriteTxn& txn) { state_->cell.write(txn, true); });
}

}  // namespace larder
