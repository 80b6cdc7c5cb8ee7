// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "larder/core/error.h"
#include "larder/core/function_ref.h"
#include "sync/holds.h"
#include "sync/ledger.h"
#include "sync/place.h"

namespace larder::detail {

/// Whether the party is still there, in that state. Needs no mutex.
[[nodiscard]] bool is_there(const Area& area, PartyRef ref, PartyState state) noexcept;
/// Whether the party is still there, and waits.
[[nodiscard]] bool is_waiting(const Area& area, PartyRef ref) noexcept;

/// When to give up waiting for the ledger, which is held for less than a microsecond unless its
/// holder was stopped.
[[nodiscard]] SteadyTime ledger_deadline();

/// One object of the table, and how its parties wait and look after each other.
///
/// Thread-safe.
class SharedObject {
 public:
  /// @throws Error `denied` if the engine is read-only
  SharedObject(EnginePtr engine, ObjectName name, std::uint32_t capacity)
      : place_(std::move(engine)), name_(std::move(name)), capacity_(capacity) {}

  [[nodiscard]] Place& place() noexcept { return place_; }
  [[nodiscard]] Area& area() { return place_.area(); }
  [[nodiscard]] const ObjectName& name() const noexcept { return name_; }

  /// What this thread holds of it, or null.
  [[nodiscard]] Hold* own_hold() const noexcept {
    return holds::find_own(place_.id(), name_.digest);
  }
  [[nodiscard]] Hold hold(PartyRef party, std::uint64_t token, std::uint32_t weight) const;
  [[nodiscard]] Error error(ErrorKind kind, const std::string& what) const {
    return {kind, "sync: " + name_.text + ": " + what};
  }

  /// To be called before anything that may wait, or draw a token.
  /// @throws Error `invalid_argument` inside a view or an update of the engine
  void expect_no_transaction() const;

  using Add = FunctionRef<std::optional<PartyRef>(Ledger&, std::uint32_t)>;
  /// Calls `add` with the object and returns what it does. If that is nothing, or the object has
  /// another capacity, those who died are removed from it first.
  /// @throws Error `invalid_argument` if it has another capacity, `full`, `unavailable`
  [[nodiscard]] std::optional<PartyRef> enter(Add add);

  /// Waits until the party no longer waits; false if it gave up at the deadline.
  [[nodiscard]] bool wait(PartyRef party, SteadyTime deadline);
  void leave(PartyRef party);
  [[nodiscard]] std::size_t waiting();

 private:
  struct Suspect {
    PartyRef party;
    Owner owner;
  };

  [[nodiscard]] static Suspect suspect(const Ledger& ledger, std::uint32_t slot);
  static void add_all(const Ledger& ledger, const Chain& chain, std::vector<Suspect>& found);

  [[nodiscard]] bool give_up(PartyRef party);
  [[nodiscard]] std::vector<Suspect> before(PartyRef party);
  [[nodiscard]] std::vector<Suspect> everybody();
  [[nodiscard]] bool remove_dead(const std::vector<Suspect>& suspects);

  Place place_;
  ObjectName name_;
  std::uint32_t capacity_;
};

}  // namespace larder::detail
