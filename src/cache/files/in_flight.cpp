// SPDX-License-Identifier: Apache-2.0
#include "cache/files/in_flight.h"

#include <algorithm>
#include <atomic>

#include "core/xxh3.h"
#include "larder/core/process.h"

namespace larder::detail {

namespace {

constexpr std::size_t words = 4096;
constexpr std::size_t boot_word = 0;
constexpr std::size_t flag_word = 1;
constexpr std::size_t first_slot = 2;
constexpr std::size_t no_slot = 0;

using Word = std::atomic_ref<std::uint64_t>;

std::span<std::uint64_t> map_words(Engine& engine, const std::string& name) {
  const std::span<std::byte> memory = engine.shared_memory(name, words * sizeof(std::uint64_t));
  return {reinterpret_cast<std::uint64_t*>(memory.data()), words};
}

std::uint64_t this_boot() {
  const std::string boot = boot_id();
  return xxh3_64(as_bytes(boot)) | 1U;  // never the zero of fresh memory
}

}  // namespace

InFlight::InFlight(Engine& engine, const std::string& name)
    : words_(map_words(engine, name + ".files")) {}

std::size_t InFlight::claim(std::uint64_t name) noexcept {
  const std::size_t slots = words - first_slot;
  for (std::size_t i = 0; i < slots; ++i) {
    const std::size_t slot = first_slot + (name + i) % slots;
    std::uint64_t none = 0;
    if (Word(words_[slot]).compare_exchange_strong(none, name)) return slot;
  }
  expect_leftovers();
  return no_slot;
}

void InFlight::release(std::size_t slot, std::uint64_t name) noexcept {
  if (slot != no_slot) Word(words_[slot]).compare_exchange_strong(name, 0);
}

void InFlight::release_all_of(std::uint64_t name) noexcept {
  for (std::size_t slot = first_slot; slot < words; ++slot) release(slot, name);
}

std::vector<std::uint64_t> InFlight::names() const {
  std::vector<std::uint64_t> found;
  for (std::size_t slot = first_slot; slot < words; ++slot) {
    const std::uint64_t name = Word(words_[slot]).load();
    if (name != 0) found.push_back(name);
  }
  std::ranges::sort(found);
  const auto twice = std::ranges::unique(found);
  found.erase(twice.begin(), twice.end());
  return found;
}

void InFlight::expect_leftovers() noexcept { Word(words_[flag_word]).store(1); }

bool InFlight::expects_leftovers() const noexcept {
  return Word(words_[flag_word]).load() != 0 || Word(words_[boot_word]).load() != this_boot();
}

void InFlight::all_swept() noexcept {
  Word(words_[flag_word]).store(0);
  Word(words_[boot_word]).store(this_boot());
}

}  // namespace larder::detail
