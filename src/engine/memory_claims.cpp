// SPDX-License-Identifier: Apache-2.0
#include "engine/memory_claims.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "larder/core/error.h"
#include "larder/core/process.h"

namespace larder {
namespace {

[[noreturn]] void refuse_circle() {
  throw Error(ErrorKind::invalid_argument,
              "this thread has that claim already, or whoever has it waits for this thread");
}

}  // namespace

class MemoryClaims::Held final : public Claim {
 public:
  Held(MemoryClaims& claims, std::string name)
      : claims_(claims), name_(std::move(name)), forks_(fork_generation()) {}
  ~Held() override {
    held_label_.reset();
    if (is_held_ && forks_ == fork_generation()) claims_.give_back(name_);
  }
  void hold() noexcept {
    is_held_ = true;
    held_label_.emplace(*label_);
  }
  [[nodiscard]] const std::shared_ptr<WaitLabel>& label() const noexcept { return label_; }

 private:
  MemoryClaims& claims_;
  std::string name_;
  std::uint64_t forks_;
  bool is_held_ = false;
  std::shared_ptr<WaitLabel> label_ = std::make_shared<WaitLabel>();
  std::optional<HeldLabel> held_label_ = std::nullopt;
};

ClaimPtr MemoryClaims::take(BytesView name, SteadyTime deadline) {
  const std::string key(as_text(name));
  auto claim = std::make_unique<Held>(*this, key);  // nothing fails once it is held
  const MutexLock lock(mutex_);
  // Whoever had a claim when this process was forked does not run here.
  if (std::exchange(forks_, fork_generation()) != fork_generation()) owners_.clear();
  while (!try_take(key, *claim)) wait_for(key, deadline);
  return claim;
}

bool MemoryClaims::try_take(const std::string& key, Held& claim) {
  const auto [owner, is_free] =
      owners_.try_emplace(key, Owner{.thread = std::this_thread::get_id(), .label = claim.label()});
  if (is_free) claim.hold();
  return is_free;
}

void MemoryClaims::wait_for(const std::string& key, SteadyTime deadline) {
  const Owner owner = owners_.at(key);
  if (owner.thread == std::this_thread::get_id()) refuse_circle();
  Wait wait(*owner.label);
  for (;;) {
    const SteadyTime look = Clock::system().steady_now() + Wait::nap;
    const bool is_late = given_back_.wait_until(mutex_, std::min<SteadyTime>(look, deadline)) ==
                         std::cv_status::timeout;
    const auto now = owners_.find(key);
    if (now == owners_.end() || now->second.label != owner.label) return;
    if (wait.is_in_circle()) refuse_circle();
    if (is_late && look >= deadline) {
      throw Error(ErrorKind::unavailable, "whoever has the claim did not finish in time");
    }
  }
}

void MemoryClaims::give_back(const std::string& name) {
  {
    const MutexLock lock(mutex_);
    owners_.erase(name);
  }
  given_back_.notify_all();
}

}  // namespace larder
