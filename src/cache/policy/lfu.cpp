// SPDX-License-Identifier: Apache-2.0
#include "cache/policy/lfu.h"

#include <limits>

namespace larder::detail {

std::string Lfu::memory_name() const { return "lfu." + std::to_string(size_.bits); }

std::size_t Lfu::memory_bytes() const {
  return SharedCut::bytes<CandidatePool::Memory>(1) +
         SharedCut::bytes<Shared<std::uint16_t>>(size_.places());
}

void Lfu::attach(std::span<std::byte> memory) {
  SharedCut cut(memory);
  pool_ = cut.take<CandidatePool::Memory>(1).data();
  uses_ = cut.take<Shared<std::uint16_t>>(size_.places());
}

void Lfu::note_use(std::uint64_t sequence, BytesView /*key*/) noexcept {
  Shared<std::uint16_t>& counter = uses(sequence);
  const std::uint16_t before = counter.get();
  if (before == std::numeric_limits<std::uint16_t>::max()) return;
  counter.set(static_cast<std::uint16_t>(before + 1));
}

void Lfu::note_store(std::uint64_t sequence, BytesView /*key*/) noexcept { uses(sequence).set(1); }

std::optional<std::uint64_t> Lfu::choose(Residents& residents) {
  CandidatePool pool(*pool_, CandidatePool::Newcomers::anywhere);
  return pool.lowest(residents, [this](std::uint64_t sequence) { return uses(sequence).get(); });
}

}  // namespace larder::detail
