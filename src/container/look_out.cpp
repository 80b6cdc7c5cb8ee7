// SPDX-License-Identifier: Apache-2.0

// The words are hints. That two look at the same time does no harm; that nobody does must not last.
// So a turn ends by itself, and what lies too far ahead, as from before the machine was started
// again, counts for nothing.

#include "container/look_out.h"

#include <algorithm>
#include <cstddef>

#include "larder/core/error.h"

namespace larder::detail {

namespace {

constexpr std::size_t all_words = 64;
// How many words a name may be at. Where all are taken by others, all who wait look.
constexpr std::size_t places = 4;

// None on a device without room for them: then all who wait look.
std::span<LookOut::Word> words_of(Engine& engine) {
  try {
    const std::span<std::byte> memory =
        engine.shared_memory("takers", all_words * sizeof(LookOut::Word));
    return {reinterpret_cast<LookOut::Word*>(memory.data()), all_words};
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::full) throw;
    return {};
  }
}

std::uint32_t hash(BytesView name) noexcept {
  // The same in all processes: FNV-1a.
  std::uint32_t hash = 2166136261U;
  for (const std::byte byte : name) hash = (hash ^ static_cast<std::uint32_t>(byte)) * 16777619U;
  return hash;
}

std::uint32_t milliseconds_of(SteadyTime time) noexcept {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count());
}

/// How long the turn in `word` still lasts; zero if it is over.
std::chrono::milliseconds left_of(std::uint64_t word, SteadyTime now) noexcept {
  const std::uint32_t left = static_cast<std::uint32_t>(word) - milliseconds_of(now);
  const std::chrono::milliseconds time{left};
  return word == 0 || time > turn_to_look ? std::chrono::milliseconds::zero() : time;
}

}  // namespace

LookOut::LookOut(Engine& engine, BytesView name) : LookOut(words_of(engine), name) {}

LookOut::LookOut(std::span<Word> words, BytesView name) noexcept
    : words_(words), name_(hash(name)) {}

LookOut::~LookOut() {
  if (held_ != nullptr) held_->compare_exchange_strong(turn_, 0);
}

bool LookOut::is_due(SteadyTime now) noexcept {
  if (now < next_) return false;
  const Turn turn = find_turn(now);
  if (turn == Turn::of_another) return false;
  next_ = now + look_after_takers;
  return true;
}

LookOut::Turn LookOut::find_turn(SteadyTime now) noexcept {
  if (held_ != nullptr) {
    const Turn turn = take_turn(*held_, now);
    if (turn != Turn::unknown) return turn;
  }
  for (std::size_t i = 0; i < std::min(places, words_.size()); ++i) {
    const Turn turn = take_turn(words_[(name_ + i) % words_.size()], now);
    if (turn != Turn::unknown) return turn;
  }
  return Turn::unknown;
}

LookOut::Turn LookOut::take_turn(Word& word, SteadyTime now) noexcept {
  std::uint64_t seen = word.load();
  const std::uint64_t mine = std::uint64_t{name_} << 32U | milliseconds_of(now + turn_to_look);
  for (;;) {
    const std::chrono::milliseconds left = left_of(seen, now);
    const bool is_mine = held_ == &word && seen == turn_;
    if (left > std::chrono::milliseconds::zero() && !is_mine) {
      if (seen >> 32U != name_) return Turn::unknown;
      next_ = now + left;
      return Turn::of_another;
    }
    if (!word.compare_exchange_weak(seen, mine)) continue;
    held_ = &word;
    turn_ = mine;
    return Turn::mine;
  }
}

}  // namespace larder::detail
