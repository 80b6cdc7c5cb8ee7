// SPDX-License-Identifier: Apache-2.0
#include "cache/files/in_flight.h"

#include <sys/types.h>

#include <atomic>
#include <map>
#include <utility>

#include "core/xxh3.h"
#include "larder/core/process.h"

namespace larder::detail {

namespace {

constexpr std::size_t boot_word = 0;
constexpr std::size_t expected_word = 1;
constexpr std::size_t first_slot = 2;
constexpr std::size_t slots = 4096;
constexpr std::size_t words = first_slot + 2 * slots;
constexpr std::size_t no_slot = slots;

constexpr std::uint64_t nobody = 0;
constexpr std::uint64_t dead = 1;  // whose note nobody could deal with yet
constexpr int pid_bits = 22;       // the most that Linux has

using Word = std::atomic_ref<std::uint64_t>;

std::span<std::uint64_t> map_words(Engine& engine, const std::string& name) {
  const std::span<std::byte> memory = engine.shared_memory(name, words * sizeof(std::uint64_t));
  return {reinterpret_cast<std::uint64_t*>(memory.data()), words};
}

std::uint64_t boot_number(std::string_view boot) {
  return xxh3_64(as_bytes(boot)) | 1U;  // never the zero of fresh memory
}

std::uint64_t owner_of(const ProcessIdentity& process) noexcept {
  return process.start_ticks << pid_bits | static_cast<std::uint64_t>(process.pid);
}

bool is_alive(std::uint64_t owner) {
  if (owner == dead) return false;
  const auto pid = static_cast<pid_t>(owner & ((1U << pid_bits) - 1));
  return is_running({.pid = pid, .start_ticks = owner >> pid_bits, .boot_id = boot_id()});
}

constexpr std::size_t owner_word(std::size_t slot) noexcept { return first_slot + 2 * slot; }
constexpr std::size_t name_word(std::size_t slot) noexcept { return owner_word(slot) + 1; }

}  // namespace

InFlight::InFlight(Engine& engine, const std::string& name)
    : words_(map_words(engine, name + ".files")), boot_(boot_number(engine.place().boot)) {}

InFlight::Note InFlight::claim(std::uint64_t name) {
  const std::uint64_t me = owner_of(current_process());
  for (std::size_t i = 0; i < slots; ++i) {
    const std::size_t slot = (name + i) % slots;
    std::uint64_t owner = nobody;
    if (!Word(words_[owner_word(slot)]).compare_exchange_strong(owner, me)) continue;
    Word(words_[name_word(slot)]).store(name);
    return {.slot = slot, .name = name};
  }
  expect_leftovers();
  return {.slot = no_slot, .name = name};
}

void InFlight::release(const Note& note) noexcept {
  if (note.slot == no_slot) return;
  Word(words_[name_word(note.slot)]).store(0);
  Word(words_[owner_word(note.slot)]).store(nobody);
}

void InFlight::give_up(const Note& note) noexcept {
  if (note.slot == no_slot) return expect_leftovers();
  Word(words_[owner_word(note.slot)]).store(dead);
}

std::vector<std::uint64_t> InFlight::names() const {
  std::vector<std::uint64_t> found;
  for (std::size_t slot = 0; slot < slots; ++slot) {
    const std::uint64_t name = Word(words_[name_word(slot)]).load();
    if (name != 0) found.push_back(name);
  }
  return found;
}

std::vector<InFlight::Note> InFlight::take_over() {
  const std::uint64_t me = owner_of(current_process());
  std::map<std::uint64_t, bool> known = {{nobody, true}, {me, true}};
  std::vector<Note> taken;
  for (std::size_t slot = 0; slot < slots; ++slot) {
    std::uint64_t owner = Word(words_[owner_word(slot)]).load();
    const auto [found, is_new] = known.try_emplace(owner, true);
    if (is_new) found->second = is_alive(owner);
    if (found->second) continue;
    if (!Word(words_[owner_word(slot)]).compare_exchange_strong(owner, me)) continue;
    taken.push_back({.slot = slot, .name = Word(words_[name_word(slot)]).load()});
  }
  return taken;
}

void InFlight::expect_leftovers() noexcept { Word(words_[expected_word]).fetch_add(1); }

bool InFlight::expects_leftovers() const {
  return expectations() != 0 || Word(words_[boot_word]).load() != boot_;
}

std::uint64_t InFlight::expectations() const noexcept { return Word(words_[expected_word]).load(); }

void InFlight::all_swept(std::uint64_t expectations) noexcept {
  Word(words_[expected_word]).compare_exchange_strong(expectations, 0);
  Word(words_[boot_word]).store(boot_);
}

FileNote::FileNote(std::shared_ptr<InFlight> in_flight, std::uint64_t name)
    : in_flight_(std::move(in_flight)), note_(in_flight_->claim(name)), forks_(fork_generation()) {}

FileNote::FileNote(FileNote&& other) noexcept = default;

FileNote::~FileNote() {
  if (in_flight_ && is_of_this_process()) in_flight_->give_up(note_);
}

bool FileNote::is_of_this_process() const noexcept { return forks_ == fork_generation(); }

void FileNote::settle() noexcept {
  if (!in_flight_ || !is_of_this_process()) return;
  in_flight_->release(note_);
  in_flight_.reset();
}

}  // namespace larder::detail
