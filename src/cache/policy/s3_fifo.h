// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cache/policy/claim_ring.h"
#include "cache/policy/ghosts.h"
#include "cache/policy/lost_hand.h"
#include "cache/policy/shared.h"
#include "larder/cache/eviction_policy.h"

namespace larder::detail {

/// S3-FIFO (Yang, Zhang, Qiu, Yue, Rashmi: "FIFO queues are all you need for cache eviction", SOSP
/// 2023). New entries come into a small queue of a tenth of the cache. What was used more than once
/// when it reaches the end of it goes on to the main queue, the rest goes, and its key is
/// remembered as a ghost: if it comes back, it begins in the main queue. What was used since it
/// last came through the main queue runs through it again, once for each use, up to three.
///
/// The small queue is the insertion order behind a hand, without the entries that are in the main
/// queue; the main queue is a ring of claims. Entries that a crash, an undone update or an earlier
/// policy left in neither are found by a second hand that looks at two entries for each choice, and
/// put into the main queue. After 65536 entries that were all used, the next goes.
class S3Fifo final : public EvictionPolicy {
 public:
  explicit S3Fifo(TableSize size) : size_(size) {}

  [[nodiscard]] std::string memory_name() const override;
  [[nodiscard]] std::size_t memory_bytes() const override;
  void attach(std::span<std::byte> memory) override;
  void note_use(std::uint64_t sequence, BytesView key) noexcept override;
  void note_store(std::uint64_t sequence, BytesView key) noexcept override;
  void note_removal(std::uint64_t sequence, BytesView key, RemovalCause cause) noexcept override;
  [[nodiscard]] std::optional<std::uint64_t> choose(Residents& residents) override;

 private:
  struct Board {
    alignas(64) Shared<std::uint64_t> small_hand;  // the oldest entry of the small queue, or before
    LostHand::Memory lost_hand;
    ClaimRing::Ends main_ends;
    Ghosts::Clock ghost_clock;
  };
  enum class Queue : std::uint8_t { small, main, leaving_small };
  struct Place {
    Shared<std::uint8_t> uses;   // written by all
    Shared<std::uint8_t> queue;  // written within updates
  };
  // What came of looking at one entry.
  enum class Look { victim, stays, none_left };
  struct Found {
    Look look;
    std::uint64_t sequence = 0;
  };

  [[nodiscard]] Place& place(std::uint64_t sequence) const noexcept {
    return places_[sequence & (places_.size() - 1)];
  }
  [[nodiscard]] bool is_in(std::uint64_t sequence, Queue queue) const noexcept {
    return place(sequence).queue.get() == static_cast<std::uint8_t>(queue);
  }
  void set_queue(std::uint64_t sequence, Queue queue) const noexcept {
    place(sequence).queue.set(static_cast<std::uint8_t>(queue));
  }
  void add_to_main(std::uint64_t sequence) noexcept;
  void adopt_lost(Residents& residents);
  Found look_at_small(Residents& residents, std::uint8_t enough_uses);
  Found look_at_main(Residents& residents, std::uint8_t enough_uses);

  TableSize size_;
  Board* board_ = nullptr;
  std::span<Place> places_;
  ClaimRing main_;
  Ghosts ghosts_;
};

}  // namespace larder::detail
