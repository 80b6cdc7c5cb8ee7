// SPDX-License-Identifier: Apache-2.0
#include "larder/sync/averager.h"

#include <cmath>
#include <string>
#include <utility>

#include "larder/codec/reflect.h"
#include "larder/core/error.h"
#include "sync/cell.h"

namespace larder {

namespace {

struct Sum {
  double total = 0;
  std::uint64_t count = 0;
};

std::optional<double> average(const std::optional<Sum>& sum) {
  if (!sum || sum->count == 0) return std::nullopt;
  return sum->total / static_cast<double>(sum->count);
}

}  // namespace

struct Averager::State {
  EnginePtr engine;
  std::string name;
  detail::Cell cell;

  [[nodiscard]] std::optional<Sum> sum() const {
    return engine->view([&](ReadTxn& txn) { return cell.read<Sum>(txn); });
  }
};

Averager::Averager(EnginePtr engine, const Key& name)
    : state_(std::make_shared<State>(State{
          .engine = std::move(engine),
          .name = name.to_string(),
          .cell = detail::Cell(detail::CellKind::average, name.bytes()),
      })) {}

void Averager::add(double value) {
  if (!std::isfinite(value)) {
    throw Error(ErrorKind::invalid_argument, "sync: an average is of finite numbers");
  }
  state_->engine->update([&](WriteTxn& txn) {
    Sum sum = state_->cell.read<Sum>(txn).value_or(Sum{});
    sum.total += value;
    if (!std::isfinite(sum.total)) {
      throw Error(ErrorKind::invalid_argument,
                  "sync: average " + state_->name + ": the sum of its numbers would be too large");
    }
    ++sum.count;
    state_->cell.write(txn, sum);
  });
}

std::optional<double> Averager::get() const { return average(state_->sum()); }

std::uint64_t Averager::count() const { return state_->sum().value_or(Sum{}).count; }

std::optional<double> Averager::pop() {
  return state_->engine->update([&](WriteTxn& txn) {
    const std::optional<Sum> sum = state_->cell.read<Sum>(txn);
    state_->cell.erase(txn);
    return average(sum);
  });
}

}  // namespace larder
