// SPDX-License-Identifier: Apache-2.0
#include "engine/memory_claims.h"

#include <utility>

#include "larder/core/error.h"
#include "larder/core/process.h"

namespace larder {

class MemoryClaims::Held final : public Claim {
 public:
  Held(MemoryClaims& claims, std::string name)
      : claims_(claims), name_(std::move(name)), forks_(fork_generation()) {}
  ~Held() override {
    if (is_held_ && forks_ == fork_generation()) claims_.give_back(name_);
  }
  void hold() noexcept { is_held_ = true; }

 private:
  MemoryClaims& claims_;
  std::string name_;
  std::uint64_t forks_;
  bool is_held_ = false;
};

ClaimPtr MemoryClaims::take(BytesView name, SteadyTime deadline) {
  const std::string key(as_text(name));
  auto claim = std::make_unique<Held>(*this, key);  // nothing fails once it is held
  const MutexLock lock(mutex_);
  // Whoever had a claim when this process was forked does not run here.
  if (std::exchange(forks_, fork_generation()) != fork_generation()) owners_.clear();
  for (;;) {
    const auto [owner, is_free] = owners_.try_emplace(key, std::this_thread::get_id());
    if (is_free) {
      claim->hold();
      return claim;
    }
    if (owner->second == std::this_thread::get_id()) {
      throw Error(ErrorKind::invalid_argument, "this thread has that claim already");
    }
    if (given_back_.wait_until(mutex_, deadline) == std::cv_status::timeout &&
        owners_.contains(key)) {
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
