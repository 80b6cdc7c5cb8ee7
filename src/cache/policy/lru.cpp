// SPDX-License-Identifier: Apache-2.0
#include "cache/policy/lru.h"

#include <algorithm>

namespace larder::detail {

std::string Lru::memory_name() const { return "lru." + std::to_string(size_.bits); }

std::size_t Lru::memory_bytes() const {
  return SharedCut::bytes<Board>(1) + SharedCut::bytes<Shared<std::uint32_t>>(size_.places());
}

void Lru::attach(std::span<std::byte> memory) {
  SharedCut cut(memory);
  board_ = cut.take<Board>(1).data();
  last_uses_ = cut.take<Shared<std::uint32_t>>(size_.places());
}

void Lru::note_use(std::uint64_t sequence, BytesView key) noexcept {
  const std::uint32_t last = last_use(sequence).get();
  const auto now = static_cast<std::uint32_t>(board_->uses.get());
  if (last != 0 && now - last < board_->slack.get()) return;
  note_store(sequence, key);
}

void Lru::note_store(std::uint64_t sequence, BytesView /*key*/) noexcept {
  last_use(sequence).set(static_cast<std::uint32_t>(board_->uses.add(1) + 1));
}

std::optional<std::uint64_t> Lru::choose(Residents& residents) {
  // A thousandth of the entries is far from the end where victims are sought. Below a thousand
  // entries every use is noted and the order is exact.
  const std::uint64_t slack = std::min<std::uint64_t>(residents.entries() / 1024, size_.places());
  if (board_->slack.get() != slack) board_->slack.set(slack);
  CandidatePool pool(board_->pool, CandidatePool::Newcomers::last);
  return pool.lowest(residents, [this](std::uint64_t sequence) {
    // The time in full: it is less than 2^32 uses ago.
    const std::uint64_t now = board_->uses.get();
    const std::uint32_t age = static_cast<std::uint32_t>(now) - last_use(sequence).get();
    return now - std::min<std::uint64_t>(now, age);
  });
}

}  // namespace larder::detail
