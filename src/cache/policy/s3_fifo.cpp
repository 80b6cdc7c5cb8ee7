// SPDX-License-Identifier: Apache-2.0
#include "cache/policy/s3_fifo.h"

#include <algorithm>
#include <limits>

#include "cache/policy/key_hash.h"

namespace larder::detail {

namespace {

constexpr std::uint8_t most_uses = 3;
constexpr std::uint64_t most_steps = 65536;

}  // namespace

std::string S3Fifo::memory_name() const { return "s3_fifo." + std::to_string(size_.bits); }

std::size_t S3Fifo::memory_bytes() const {
  return SharedCut::bytes<Board>(1) + SharedCut::bytes<Place>(size_.places()) +
         SharedCut::bytes<Shared<std::uint32_t>>(size_.places()) +
         SharedCut::bytes<Ghosts::Cell>(size_.places());
}

void S3Fifo::attach(std::span<std::byte> memory) {
  SharedCut cut(memory);
  board_ = cut.take<Board>(1).data();
  places_ = cut.take<Place>(size_.places());
  main_ = {board_->main_ends, cut.take<Shared<std::uint32_t>>(size_.places())};
  ghosts_ = {board_->ghost_clock, cut.take<Ghosts::Cell>(size_.places())};
}

void S3Fifo::note_use(std::uint64_t sequence, BytesView /*key*/) noexcept {
  Shared<std::uint8_t>& uses = place(sequence).uses;
  const std::uint8_t before = uses.get();
  if (before < most_uses) uses.set(static_cast<std::uint8_t>(before + 1));
}

void S3Fifo::note_store(std::uint64_t sequence, BytesView key) noexcept {
  place(sequence).uses.set(0);
  set_queue(sequence, Queue::small);
  if (ghosts_.take(key_hash(key))) add_to_main(sequence);
}

void S3Fifo::note_removal(std::uint64_t sequence, BytesView key, RemovalCause cause) noexcept {
  if (cause == RemovalCause::evicted && is_in(sequence, Queue::leaving_small)) {
    ghosts_.add(key_hash(key));
  }
  set_queue(sequence, Queue::small);
}

void S3Fifo::add_to_main(std::uint64_t sequence) noexcept {
  set_queue(sequence, Queue::main);
  if (const auto lost = main_.push(sequence)) set_queue(*lost, Queue::small);
}

std::optional<std::uint64_t> S3Fifo::choose(Residents& residents) {
  adopt_lost(residents);
  const std::uint64_t entries = residents.entries();
  const std::uint64_t small_share = std::max<std::uint64_t>(entries / 10, 1);
  ghosts_.set_reach(entries - small_share);
  for (std::uint64_t step = 0; step < 2 * most_steps; ++step) {
    // In the end anything will do.
    const std::uint8_t patience = step < most_steps ? 0 : std::numeric_limits<std::uint8_t>::max();
    const std::uint64_t small = entries - std::min(entries, main_.size());
    Found found = small >= small_share ? look_at_small(residents, patience)
                                       : look_at_main(residents, patience);
    if (found.look == Look::none_left) found = look_at_main(residents, patience);
    if (found.look == Look::victim) return found.sequence;
    if (found.look == Look::none_left) break;
  }
  board_->small_hand.set(0);  // nothing known is there: all that is there is new
  return std::nullopt;
}

S3Fifo::Found S3Fifo::look_at_small(Residents& residents, std::uint8_t enough_uses) {
  constexpr std::size_t batch = 4;
  std::vector<std::uint64_t> next;
  for (;;) {
    next.clear();
    residents.list(board_->small_hand.get(), batch, next);
    if (next.empty()) return {Look::none_left};
    for (const std::uint64_t sequence : next) {
      board_->small_hand.set(sequence + 1);
      if (is_in(sequence, Queue::main)) continue;
      if (sequence != residents.pinned() &&
          place(sequence).uses.get() <= std::max<std::uint8_t>(enough_uses, 1)) {
        set_queue(sequence, Queue::leaving_small);
        return {Look::victim, sequence};
      }
      place(sequence).uses.set(0);
      add_to_main(sequence);
      return {Look::stays, sequence};
    }
  }
}

S3Fifo::Found S3Fifo::look_at_main(Residents& residents, std::uint8_t enough_uses) {
  if (main_.size() == 0) return {Look::none_left};
  const std::uint64_t sequence = main_.oldest(residents.end());
  main_.drop_oldest();
  if (!is_in(sequence, Queue::main)) return {Look::stays};
  Shared<std::uint8_t>& uses = place(sequence).uses;
  if (sequence == residents.pinned() || uses.get() > enough_uses) {
    if (uses.get() > 0) uses.set(static_cast<std::uint8_t>(uses.get() - 1));
    add_to_main(sequence);
    return {Look::stays, sequence};
  }
  set_queue(sequence, Queue::small);
  return residents.contains(sequence) ? Found{Look::victim, sequence} : Found{Look::stays};
}

void S3Fifo::adopt_lost(Residents& residents) {
  const std::uint64_t front = board_->small_hand.get();
  for (const std::uint64_t sequence : LostHand::pass(board_->lost_hand, residents, front)) {
    if (!is_in(sequence, Queue::main)) add_to_main(sequence);
  }
}

}  // namespace larder::detail
