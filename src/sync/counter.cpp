// SPDX-License-Identifier: Apache-2.0
#include "larder/sync/counter.h"

#include <string>
#include <utility>

#include "larder/core/error.h"
#include "sync/cell.h"

namespace larder {

struct Counter::State {
  EnginePtr engine;
  std::string name;
  detail::Cell cell;
};

Counter::Counter(EnginePtr engine, const Key& name)
    : state_(std::make_shared<State>(State{
          .engine = std::move(engine),
          .name = name.to_string(),
          .cell = detail::Cell(detail::CellKind::counter, name.bytes()),
      })) {}

std::int64_t Counter::add(std::int64_t delta) {
  return state_->engine->update([&](WriteTxn& txn) {
    const std::int64_t value = state_->cell.read<std::int64_t>(txn).value_or(0);
    std::int64_t sum = 0;
    if (__builtin_add_overflow(value, delta, &sum)) {
      throw Error(ErrorKind::invalid_argument, "sync: counter " + state_->name + ": " +
                                                   std::to_string(value) + " and " +
                                                   std::to_string(delta) + " is too much");
    }
    state_->cell.write(txn, sum);
    return sum;
  });
}

std::int64_t Counter::get() const {
  return state_->engine->view(
      [&](ReadTxn& txn) { return state_->cell.read<std::int64_t>(txn).value_or(0); });
}

std::int64_t Counter::pop() {
  return state_->engine->update([&](WriteTxn& txn) {
    const std::int64_t value = state_->cell.read<std::int64_t>(txn).value_or(0);
    state_->cell.erase(txn);
    return value;
  });
}

}  // namespace larder
