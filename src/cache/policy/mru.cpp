// SPDX-License-Identifier: Apache-2.0
#include "cache/policy/mru.h"

#include <algorithm>
#include <vector>

namespace larder::detail {

namespace {

constexpr std::size_t ring_size = std::size_t{1} << 16U;
constexpr std::uint64_t farthest = 4096;

std::optional<std::uint64_t> newest_of(Residents& residents) {
  constexpr std::size_t few = 64;
  constexpr std::uint64_t farthest_end = UINT64_MAX;  // damaged counters may say anything
  for (std::uint64_t distance = few;;
       distance = distance > farthest_end / 2 ? farthest_end : distance * 2) {
    const std::uint64_t from = residents.end() - std::min(residents.end(), distance);
    std::vector<std::uint64_t> found;
    residents.list(from, distance, found);
    std::erase(found, residents.pinned());
    if (!found.empty()) return found.back();
    if (from == 0) return std::nullopt;
  }
}

}  // namespace

std::string Mru::memory_name() const { return "mru." + std::to_string(size_.bits); }

std::size_t Mru::memory_bytes() const {
  return SharedCut::bytes<Shared<std::uint64_t>>(1) +
         SharedCut::bytes<Shared<std::uint64_t>>(ring_size) +
         SharedCut::bytes<Shared<std::uint32_t>>(size_.places());
}

void Mru::attach(std::span<std::byte> memory) {
  SharedCut cut(memory);
  uses_ = cut.take<Shared<std::uint64_t>>(1).data();
  ring_ = cut.take<Shared<std::uint64_t>>(ring_size);
  last_uses_ = cut.take<Shared<std::uint32_t>>(size_.places());
}

void Mru::note_use(std::uint64_t sequence, BytesView key) noexcept {
  if (ring_[uses_->get() % ring_size].get() == sequence) return;  // it is the last already
  note_store(sequence, key);
}

void Mru::note_store(std::uint64_t sequence, BytesView /*key*/) noexcept {
  const std::uint64_t time = uses_->add(1) + 1;
  ring_[time % ring_size].set(sequence);
  last_use(sequence).set(static_cast<std::uint32_t>(time));
}

std::optional<std::uint64_t> Mru::choose(Residents& residents) {
  const std::uint64_t now = uses_->get();
  for (std::uint64_t back = 0; back < std::min(now, farthest); ++back) {
    const std::uint64_t time = now - back;
    const std::uint64_t sequence = ring_[time % ring_size].get();
    if (sequence == 0 || sequence == residents.pinned()) continue;
    if (last_use(sequence).get() != static_cast<std::uint32_t>(time)) continue;
    if (residents.contains(sequence)) return sequence;
  }
  return newest_of(residents);
}

}  // namespace larder::detail
