// SPDX-License-Identifier: Apache-2.0
#include "cache/policy/w_tinylfu.h"

#include <algorithm>
#include <vector>

#include "cache/policy/key_hash.h"

namespace larder::detail {

namespace {

constexpr std::uint64_t most_steps = 65536;
// How many times as many additions as there are entries make a period of the sketch.
constexpr std::uint64_t period_per_entry = 10;

std::uint64_t window_share(std::uint64_t entries) {
  return std::max<std::uint64_t>(entries / 100, 1);
}

}  // namespace

std::string WTinyLfu::memory_name() const { return "w_tinylfu." + std::to_string(size_.bits); }

std::size_t WTinyLfu::memory_bytes() const {
  return SharedCut::bytes<Board>(1) + SharedCut::bytes<Place>(size_.places()) +
         2 * SharedCut::bytes<Shared<std::uint32_t>>(size_.places()) +
         SharedCut::bytes<FrequencySketch::Word>(sketch_words());
}

void WTinyLfu::attach(std::span<std::byte> memory) {
  SharedCut cut(memory);
  board_ = cut.take<Board>(1).data();
  places_ = cut.take<Place>(size_.places());
  probation_ = {board_->probation_ends, cut.take<Shared<std::uint32_t>>(size_.places())};
  guarded_ = {board_->guarded_ends, cut.take<Shared<std::uint32_t>>(size_.places())};
  sketch_ = {board_->sketch_age, cut.take<FrequencySketch::Word>(sketch_words())};
}

void WTinyLfu::expect_use(BytesView key) const noexcept { sketch_.fetch(key_hash(key)); }

void WTinyLfu::note_use(std::uint64_t sequence, BytesView key) noexcept {
  Shared<std::uint8_t>& used = place(sequence).used;
  if (used.get() == 0) used.set(1);
  sketch_.add(key_hash(key));
}

void WTinyLfu::note_store(std::uint64_t sequence, BytesView key) noexcept {
  place(sequence).used.set(0);
  set_part(sequence, Part::window);
  sketch_.add(key_hash(key));
  sketch_.age();
}

void WTinyLfu::note_removal(std::uint64_t sequence, BytesView /*key*/,
                            RemovalCause /*cause*/) noexcept {
  set_part(sequence, Part::window);
}

void WTinyLfu::move(std::uint64_t sequence, Part part) noexcept {
  set_part(sequence, part);
  ClaimRing& queue = part == Part::guarded ? guarded_ : probation_;
  if (const auto lost = queue.push(sequence)) set_part(*lost, Part::window);
}

bool WTinyLfu::take_use(std::uint64_t sequence) const noexcept {
  Shared<std::uint8_t>& used = place(sequence).used;
  if (used.get() == 0) return false;
  used.set(0);
  return true;
}

std::optional<std::uint64_t> WTinyLfu::choose(Residents& residents) {
  const std::uint64_t entries = residents.entries();
  sketch_.set_period(period_per_entry * entries);
  adopt_lost(residents);
  fill_main(residents);
  const std::optional<std::uint64_t> victim = victim_of_main(residents);
  const bool is_window_full = entries - std::min(entries, main_size()) >= window_share(entries);
  const std::optional<std::uint64_t> candidate =
      is_window_full || !victim ? oldest_of_window(residents) : std::nullopt;
  if (!victim && !candidate) return std::nullopt;
  if (candidate) board_->window_hand.set(*candidate + 1);
  if (!victim || (candidate && frequency(residents, *candidate) <= frequency(residents, *victim))) {
    return candidate;
  }
  probation_.drop_oldest();
  set_part(*victim, Part::window);
  if (candidate) move(*candidate, Part::probation);
  return victim;
}

// While there is room in the main part nobody has to compete. A cache that was filled before its
// first choice is all window: that changes by and by.
void WTinyLfu::fill_main(Residents& residents) {
  constexpr int batch = 64;
  const std::uint64_t entries = residents.entries();
  const std::uint64_t share = entries - std::min(entries, window_share(entries));
  for (int i = 0; i < batch && main_size() < share; ++i) {
    const std::optional<std::uint64_t> next = oldest_of_window(residents);
    if (!next) return;
    board_->window_hand.set(*next + 1);
    move(*next, Part::probation);
  }
}

std::optional<std::uint64_t> WTinyLfu::oldest_of_window(Residents& residents) const {
  constexpr std::size_t batch = 4;
  std::vector<std::uint64_t> next;
  for (;;) {
    next.clear();
    residents.list(board_->window_hand.get(), batch, next);
    if (next.empty()) return std::nullopt;
    for (const std::uint64_t sequence : next) {
      if (is_in(sequence, Part::window) && sequence != residents.pinned()) return sequence;
      // The pinned one is being used, and will be found lost.
      board_->window_hand.set(sequence + 1);
    }
  }
}

// The oldest on probation that was not used; it stays there for now.
std::optional<std::uint64_t> WTinyLfu::victim_of_main(Residents& residents) {
  for (std::uint64_t step = 0; step < 2 * most_steps; ++step) {
    if (probation_.size() == 0) {
      if (guarded_.size() == 0) return std::nullopt;
      const std::uint64_t sequence = guarded_.oldest(residents.end());
      guarded_.drop_oldest();
      if (is_in(sequence, Part::guarded)) move(sequence, Part::probation);
      continue;
    }
    const std::uint64_t sequence = probation_.oldest(residents.end());
    const bool is_there = is_in(sequence, Part::probation) && residents.contains(sequence);
    if (is_there && sequence != residents.pinned() && (step >= most_steps || !take_use(sequence))) {
      return sequence;
    }
    probation_.drop_oldest();
    if (is_there) move(sequence, Part::guarded);
    shrink_guarded(residents);
  }
  return std::nullopt;
}

void WTinyLfu::shrink_guarded(Residents& residents) {
  for (std::uint64_t step = 0; guarded_.size() * 5 > main_size() * 4; ++step) {
    const std::uint64_t sequence = guarded_.oldest(residents.end());
    guarded_.drop_oldest();
    if (!is_in(sequence, Part::guarded)) continue;
    const bool stays = step < most_steps && take_use(sequence);
    move(sequence, stays ? Part::guarded : Part::probation);
  }
}

unsigned WTinyLfu::frequency(Residents& residents, std::uint64_t sequence) const {
  const std::optional<BytesView> key = residents.key(sequence);
  return key ? sketch_.frequency(key_hash(*key)) : 0;
}

void WTinyLfu::adopt_lost(Residents& residents) {
  const std::uint64_t front = board_->window_hand.get();
  for (const std::uint64_t sequence : LostHand::pass(board_->lost_hand, residents, front)) {
    if (is_in(sequence, Part::window)) move(sequence, Part::probation);
  }
}

}  // namespace larder::detail
