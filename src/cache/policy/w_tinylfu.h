// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "cache/policy/claim_ring.h"
#include "cache/policy/frequency_sketch.h"
#include "cache/policy/lost_hand.h"
#include "cache/policy/shared.h"
#include "larder/cache/eviction_policy.h"

namespace larder::detail {

/// W-TinyLFU (Einziger, Friedman and Manes, "TinyLFU: a highly efficient cache admission policy",
/// ACM Transactions on Storage 13(4), 2017). New entries come into a window of a hundredth of the
/// cache. Who reaches the end of it competes with the next victim of the main part: whose key was
/// used less of late, as a sketch of frequencies tells, goes. The main part is a segmented LRU: a
/// first use there moves an entry from probation to the protected part, four fifths of it.
///
/// As reads take no lock, nothing moves when it is used. Window, probation and protected part are
/// queues, and a mark of use acts when its entry comes to the end of one: in the main part it is
/// promoted, or stays for another turn (as CLOCK approximates LRU). The window is the insertion
/// order behind a hand. Entries that a crash, an undone update or an earlier policy left in none
/// are found by a second hand that looks at two entries for each choice, and put on probation.
/// After 65536 entries that were all used, the next goes.
class WTinyLfu final : public EvictionPolicy {
 public:
  explicit WTinyLfu(TableSize size) : size_(size) {}

  [[nodiscard]] std::string memory_name() const override;
  [[nodiscard]] std::size_t memory_bytes() const override;
  void attach(std::span<std::byte> memory) override;
  void expect_use(BytesView key) const noexcept override;
  void note_use(std::uint64_t sequence, BytesView key) noexcept override;
  void note_store(std::uint64_t sequence, BytesView key) noexcept override;
  void note_removal(std::uint64_t sequence, BytesView key, RemovalCause cause) noexcept override;
  [[nodiscard]] std::optional<std::uint64_t> choose(Residents& residents) override;

 private:
  struct Board {
    alignas(64) Shared<std::uint64_t> window_hand;  // the oldest entry of the window, or before
    LostHand::Memory lost_hand;
    ClaimRing::Ends probation_ends;
    ClaimRing::Ends guarded_ends;
    FrequencySketch::Age sketch_age;
  };
  enum class Part : std::uint8_t { window, probation, guarded };
  struct Place {
    Shared<std::uint8_t> used;  // written by all
    Shared<std::uint8_t> part;  // written within updates
  };

  [[nodiscard]] std::size_t sketch_words() const noexcept { return size_.places() / 4; }
  [[nodiscard]] Place& place(std::uint64_t sequence) const noexcept {
    return places_[sequence & (places_.size() - 1)];
  }
  [[nodiscard]] bool is_in(std::uint64_t sequence, Part part) const noexcept {
    return place(sequence).part.get() == static_cast<std::uint8_t>(part);
  }
  void set_part(std::uint64_t sequence, Part part) const noexcept {
    place(sequence).part.set(static_cast<std::uint8_t>(part));
  }
  [[nodiscard]] std::uint64_t main_size() const noexcept {
    return probation_.size() + guarded_.size();
  }
  void move(std::uint64_t sequence, Part part) noexcept;
  bool take_use(std::uint64_t sequence) const noexcept;
  void fill_main(Residents& residents);
  void adopt_lost(Residents& residents);
  std::optional<std::uint64_t> oldest_of_window(Residents& residents) const;
  std::optional<std::uint64_t> victim_of_main(Residents& residents);
  void shrink_guarded(Residents& residents);
  [[nodiscard]] unsigned frequency(Residents& residents, std::uint64_t sequence) const;

  TableSize size_;
  Board* board_ = nullptr;
  std::span<Place> places_;
  ClaimRing probation_;
  ClaimRing guarded_;
  FrequencySketch sketch_;
};

}  // namespace larder::detail
