// SPDX-License-Identifier: Apache-2.0
#include "cache/policy/ghosts.h"

#include <algorithm>
#include <limits>

namespace larder::detail {

namespace {

// The upper half: the lower chooses the bucket. Never 0, which is a free cell.
std::uint32_t fingerprint(std::uint64_t hash) {
  return std::max<std::uint32_t>(static_cast<std::uint32_t>(hash >> 32U), 1);
}

std::uint32_t fingerprint_in(const Ghosts::Cell& cell) {
  return static_cast<std::uint32_t>(cell.get() >> 32U);
}

}  // namespace

void Ghosts::set_reach(std::uint64_t reach) noexcept {
  const auto few = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(reach, std::numeric_limits<std::uint32_t>::max() / 2));
  if (clock_->reach.get() != few) clock_->reach.set(few);
}

std::span<Ghosts::Cell> Ghosts::bucket(std::uint64_t hash) const noexcept {
  return cells_.subspan(hash % (cells_.size() / ways) * ways, ways);
}

std::uint32_t Ghosts::age(const Cell& cell) const noexcept {
  const std::uint64_t content = cell.get();
  if (content == 0) return std::numeric_limits<std::uint32_t>::max();
  return clock_->additions.get() - static_cast<std::uint32_t>(content);
}

void Ghosts::add(std::uint64_t hash) noexcept {
  const std::uint32_t now = clock_->additions.add(1) + 1;
  const std::span<Cell> cells = bucket(hash);
  Cell* place = cells.data();
  for (Cell& cell : cells) {
    if (age(cell) > age(*place)) place = &cell;
  }
  place->set((std::uint64_t{fingerprint(hash)} << 32U) | now);
}

bool Ghosts::take(std::uint64_t hash) noexcept {
  for (Cell& cell : bucket(hash)) {
    if (fingerprint_in(cell) != fingerprint(hash)) continue;
    const bool is_fresh = age(cell) < clock_->reach.get();
    cell.set(0);
    if (is_fresh) return true;
  }
  return false;
}

}  // namespace larder::detail
