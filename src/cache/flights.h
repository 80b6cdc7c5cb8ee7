// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>

#include "core/wait_circle.h"
#include "larder/core/bytes.h"
#include "larder/core/clock.h"

namespace larder::detail {

/// What a load came to.
struct LoadOutcome {
  enum class Kind { value, absent, failed, given_up };

  Kind kind = Kind::given_up;
  Bytes value = {};  ///< Encoded.
  std::exception_ptr error = nullptr;
  std::shared_ptr<const void> object = nullptr;  ///< Not encoded, where results are objects.
};

/// When who waits from now on for the load of another gives up.
[[nodiscard]] SteadyTime waiting_deadline(std::optional<std::chrono::milliseconds> timeout);

/// Throws what a loader is told that waits for itself, be it by way of others.
[[noreturn]] void refuse_circle();

/// The loads that run in this process: those who want a key that is being loaded wait for the
/// outcome, whatever it is.
///
/// Thread-safe. In the child of a fork no load runs.
class Flights {
 public:
  class Ticket;
  using TicketPtr = std::shared_ptr<Ticket>;
  using OutcomePtr = std::shared_ptr<const LoadOutcome>;

  Flights();
  Flights(const Flights&) = delete;
  Flights& operator=(const Flights&) = delete;
  ~Flights();

  /// One of the two is set.
  struct Joined {
    OutcomePtr outcome = nullptr;  ///< Of the load that was running.
    TicketPtr ticket = nullptr;    ///< None was: the caller has one now, and must land it.
  };

  /// Waits for the load of `key` that runs, if one does.
  /// @throws Error `unavailable` at `deadline`, `invalid_argument` if the load would wait for
  /// itself, be it by way of others, also those that wait for claims of an engine
  [[nodiscard]] Joined join(BytesView key, SteadyTime deadline);

  /// Called with the outcome of a load once it has landed, in the thread where that happens. Must
  /// not throw. Never called in the child of a fork.
  using Listener = std::function<void(const OutcomePtr& outcome)>;

  /// Has `listener` called if a load of `key` runs. Returns whether one does.
  bool listen(BytesView key, Listener listener);

  /// The same, or a ticket.
  [[nodiscard]] TicketPtr start_or_listen(BytesView key, Listener listener);

  /// A ticket if no load of `key` runs, else null.
  [[nodiscard]] TicketPtr try_start(BytesView key);

  /// How many threads wait.
  [[nodiscard]] std::size_t waiting();

 private:
  struct Board;
  struct Flight;

  class Boards;
  std::unique_ptr<Boards> boards_;
};

/// The duty to land one load. Lands it as given up if it goes before.
///
/// Not thread-safe. May outlive the `Flights`.
class Flights::Ticket {
 public:
  explicit Ticket(std::shared_ptr<Board> board);
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;
  ~Ticket();

  /// The load runs in this thread from now on, and lands there.
  void begin();
  void land(LoadOutcome outcome);

 private:
  friend struct Board;
  std::shared_ptr<Board> board_;
  std::shared_ptr<Flight> flight_ = nullptr;  // null before the start and once landed
  std::optional<HeldLabel> held_ = std::nullopt;
};

}  // namespace larder::detail
