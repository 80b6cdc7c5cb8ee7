// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/robust_mutex.h"
#include "larder/core/clock.h"
#include "larder/key/digest.h"
#include "larder/key/key.h"
#include "larder/sync/lock_kind.h"
#include "sync/area.h"

namespace larder::detail {

/// An object that somebody wants to hold.
struct ObjectName {
  LockKind kind = LockKind::lock;
  Digest128 digest = {};
  std::string text = {};  ///< For people.

  [[nodiscard]] static ObjectName of(LockKind kind, const Key& name);
};

/// A party that may have gone meanwhile.
struct PartyRef {
  std::uint32_t slot = no_slot;
  std::uint64_t ticket = 0;
};

/// Wakes those who were admitted once the mutex is given back, so that they do not run into it.
class Wakes {
 public:
  Wakes() = default;
  Wakes(const Wakes&) = delete;
  Wakes& operator=(const Wakes&) = delete;
  ~Wakes();
  void add(const Party& party) noexcept;

 private:
  std::array<const void*, 16> words_;  // the first count_ are set
  std::size_t count_ = 0;
};

/// The right to look at the area and to change it. Who dies while he has it leaves everything as it
/// was before or after his change.
///
/// Not thread-safe. Lives shortly: others wait.
class Ledger {
 public:
  /// @throws Error `unavailable` if it is not to be had before `deadline`
  Ledger(Area& area, SteadyTime deadline);
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;
  ~Ledger();

  /// Finds an object that somebody holds or waits for.
  [[nodiscard]] std::uint32_t find(const ObjectName& name) const noexcept;
  /// @throws Error `full`
  [[nodiscard]] std::uint32_t find_or_make(const ObjectName& name, std::uint32_t capacity);

  /// Whether somebody new may hold `weight` of the object at `slot` at once: it fits, and nobody
  /// waits who was not invited.
  [[nodiscard]] bool is_free_for(std::uint32_t slot, std::uint32_t weight) const noexcept;

  /// Adds a party to the object at `slot`, behind all others. `state` is `holding` only if the
  /// object is free for it.
  /// @throws Error `full`
  [[nodiscard]] PartyRef add(std::uint32_t slot, const Owner& owner, std::uint32_t weight,
                             PartyState state, WallTime now);

  /// Whether the party is still there, in that state.
  [[nodiscard]] bool is(PartyRef ref, PartyState state) const noexcept;
  /// Whether the party is still there, in any state.
  [[nodiscard]] bool is_present(PartyRef ref) const noexcept;

  /// Removes the party, and lets in or invites who waits and fits now.
  void remove(PartyRef ref) noexcept;
  /// Lets in a party that was invited; if somebody was faster, it waits again. Returns whether it
  /// does not wait any more.
  bool accept(PartyRef ref) noexcept;
  /// Removes a party that died, if it is still there. A barrier that it was part of breaks.
  void bury(PartyRef ref) noexcept;
  /// Ends the waiting of a party: that of a barrier takes its arrival back, others are removed.
  void give_up(PartyRef ref) noexcept;

  /// How many parties are in the chain.
  [[nodiscard]] std::size_t count(const Chain& chain) const noexcept;

  /// The party of a barrier that holds it waits from now on, as another one; if it was the last to
  /// arrive, all go on.
  [[nodiscard]] PartyRef arrive(PartyRef ref) noexcept;
  /// Dismisses all parties of the barrier at `slot`; who waits is woken. Returns how many.
  std::size_t break_up(std::uint32_t slot) noexcept;

  /// Gives the party the next token. False if none is left that was drawn.
  [[nodiscard]] bool give_token(PartyRef ref) noexcept;
  /// Adds tokens that were drawn from the engine, unless others drew later ones.
  void add_tokens(std::uint64_t begin, std::uint64_t end) noexcept;

  [[nodiscard]] Area& area() const noexcept { return area_; }
  [[nodiscard]] Object& object(std::uint32_t slot) const noexcept { return area_.objects[slot]; }
  [[nodiscard]] Party& party(std::uint32_t slot) const noexcept { return area_.parties[slot]; }

 private:
  void rebuild() noexcept;
  void rebuild_objects() noexcept;
  void append(Chain& chain, std::uint32_t slot) const noexcept;
  void take_out(Chain& chain, std::uint32_t slot) const noexcept;
  void pass_on(Object& held) noexcept;
  void admit(Object& held) noexcept;
  void meet(Object& met) noexcept;
  void settle(Object& met) noexcept;
  void go_on(std::uint32_t slot) noexcept;
  void vacate(std::uint32_t slot) noexcept;
  void drop(std::uint32_t slot) noexcept;
  [[nodiscard]] std::uint32_t& bucket_of(std::uint64_t low) const noexcept;

  Area& area_;
  Wakes wakes_;  // goes after the lock
  RobustLock lock_;
};

/// Makes an area of zeros, or of what was there before, an empty one.
void make_area(Area& area, std::uint64_t epoch, std::uint64_t id);

}  // namespace larder::detail
