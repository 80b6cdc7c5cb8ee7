// SPDX-License-Identifier: Apache-2.0
#include "sync/holds.h"

#include <algorithm>
#include <vector>

#include "larder/core/process.h"

namespace larder::detail::holds {

namespace {

thread_local std::vector<Hold> all;

template <typename Fits>
Hold* find_in(std::uint64_t area, const Digest128& object, Fits fits) noexcept {
  const auto found = std::find_if(all.rbegin(), all.rend(), [&](const Hold& hold) {
    return hold.area == area && hold.object == object && fits(hold.forks);
  });
  return found == all.rend() ? nullptr : &*found;
}

}  // namespace

Hold* find_own(std::uint64_t area, const Digest128& object) noexcept {
  return find_in(area, object, [](std::uint64_t forks) { return forks == fork_generation(); });
}

Hold* find_inherited(std::uint64_t area, const Digest128& object) noexcept {
  return find_in(area, object, [](std::uint64_t forks) { return forks != fork_generation(); });
}

void prepare() {
  if (all.size() == all.capacity()) all.reserve(all.size() * 2 + 8);
}

void add(const Hold& hold) noexcept { all.push_back(hold); }

void remove(const Hold* hold) noexcept { all.erase(all.begin() + (hold - all.data())); }

}  // namespace larder::detail::holds
