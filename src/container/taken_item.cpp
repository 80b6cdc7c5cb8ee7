// SPDX-License-Identifier: Apache-2.0
#include "container/taken_item.h"

#include <utility>

#include "larder/core/error.h"

namespace larder::detail {

void TakenItem::State::done() {
  settle([&] { return core_->acknowledge(taking_); });
}

void TakenItem::State::give_back() {
  settle([&] { return core_->give_back(taking_); });
}

void TakenItem::State::extend(Duration lease) {
  expect_held();
  if (!core_->extend(taking_, lease)) throw_lost();
}

// A failed update must not take the outer one with it: so what is lost is only reported outside.
void TakenItem::State::settle(FunctionRef<bool()> attempt) {
  expect_held();
  const bool is_mine = core_->engine()->update(
      [&](WriteTxn& txn) {
        if (!attempt()) return false;
        txn.at_end([self = shared_from_this()](UpdateEnd end) {
          if (end == UpdateEnd::undone) self->unsettle();
        });
        phase_ = Phase::settled;  // nothing fails any more without the end being told
        return true;
      },
      freeing);
  if (!is_mine) throw_lost();
}

void TakenItem::State::unsettle() {
  phase_ = Phase::held;
  // Nobody else would.
  if (is_abandoned_) core_->give_back(taking_);
}

void TakenItem::State::abandon() noexcept {
  is_abandoned_ = true;
  if (phase_ != Phase::held) return;
  try {
    give_back();
  } catch (...) {  // NOLINT(bugprone-empty-catch): it comes back when its lease or its process ends
  }
}

void TakenItem::State::expect_held() const {
  if (forks_ != fork_generation()) fail("was taken by the parent of this process");
  if (phase_ == Phase::settled) fail("was acknowledged or given back before");
  if (phase_ == Phase::undone) fail("was not taken: that update was undone");
}

void TakenItem::State::throw_lost() const {
  fail("came back meanwhile, because its lease was over; take it again");
}

void TakenItem::State::fail(const char* what) const {
  throw Error(ErrorKind::invalid_argument,
              core_->title() + ": the item " + std::to_string(taking_.item) + " " + what);
}

TakenItem::TakenItem(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}

TakenItem::TakenItem(TakenItem&& other) noexcept = default;

TakenItem& TakenItem::operator=(TakenItem&& other) noexcept {
  if (this == &other) return *this;
  drop();
  state_ = std::move(other.state_);
  return *this;
}

TakenItem::~TakenItem() { drop(); }

const Taking& TakenItem::taking() const { return state().taking(); }

void TakenItem::done() { state().done(); }

void TakenItem::give_back() { state().give_back(); }

void TakenItem::extend(Duration lease) { state().extend(lease); }

TakenItem::State& TakenItem::state() const {
  if (state_ == nullptr) {
    throw Error(ErrorKind::invalid_argument, "deque: this taken item was moved from");
  }
  return *state_;
}

void TakenItem::drop() noexcept {
  if (state_ != nullptr) state_->abandon();
  state_.reset();
}

}  // namespace larder::detail
