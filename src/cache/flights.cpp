// SPDX-License-Identifier: Apache-2.0
#include "cache/flights.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/per_process.h"
#include "larder/core/error.h"
#include "larder/core/mutex.h"
#include "larder/core/process.h"

namespace larder::detail {

SteadyTime waiting_deadline(std::optional<std::chrono::milliseconds> timeout) {
  // No load is waited for longer, which only keeps the sum in range.
  constexpr auto long_enough = std::chrono::hours{24 * 365};
  return Clock::system().steady_now() +
         (timeout ? std::chrono::nanoseconds(*timeout) : long_enough);
}

void refuse_circle() {
  throw Error(ErrorKind::invalid_argument,
              "cache: a loader asks for the value that it is to load; let it compute that");
}

struct Flights::Flight {
  std::string key;
  std::thread::id owner = {};    // where the load runs, once it does
  WaitLabel label = 0;           // what that thread waits for
  OutcomePtr outcome = nullptr;  // once it landed
  // Where the outcome will be: without memory one could not land, and all would wait.
  std::shared_ptr<LoadOutcome> place = std::make_shared<LoadOutcome>();
  std::vector<Listener> listeners = {};
};

struct Flights::Board {
  std::uint64_t forks = fork_generation();
  Mutex mutex;
  CondVar landed;
  std::map<std::string, std::shared_ptr<Flight>, std::less<>> flights LARDER_GUARDED_BY(mutex);
  std::map<std::thread::id, const Flight*> waiting LARDER_GUARDED_BY(mutex);

  /// Whether `flight` waits, be it by way of others, for this thread.
  [[nodiscard]] bool leads_here(const Flight* flight) const LARDER_REQUIRES(mutex) {
    while (flight != nullptr) {
      if (flight->owner == std::this_thread::get_id()) return true;
      const auto next = waiting.find(flight->owner);
      flight = next == waiting.end() ? nullptr : next->second;
    }
    return false;
  }

  /// Until `flight` has landed or the time is over. Returns false if it waits for this thread.
  [[nodiscard]] bool wait_for(const Flight& flight, SteadyTime deadline) LARDER_REQUIRES(mutex) {
    Wait wait(flight.label);
    while (flight.outcome == nullptr) {
      const SteadyTime look = Clock::system().steady_now() + Wait::nap;
      const bool is_late =
          landed.wait_until(mutex, std::min<SteadyTime>(look, deadline)) == std::cv_status::timeout;
      if (is_late && look >= deadline) return true;
      if (wait.is_in_circle()) return false;
    }
    return true;
  }

  [[nodiscard]] std::shared_ptr<Flight> start(BytesView key) LARDER_REQUIRES(mutex) {
    auto flight = std::make_shared<Flight>();
    flight->key = as_text(key);
    flights.emplace(flight->key, flight);
    return flight;
  }

  /// A ticket for a new load; none exists if this fails.
  [[nodiscard]] static TicketPtr issue(const std::shared_ptr<Board>& board, BytesView key)
      LARDER_REQUIRES(board->mutex) {
    auto ticket = std::make_shared<Ticket>(board);
    ticket->flight_ = board->start(key);
    return ticket;
  }

  [[nodiscard]] bool add_listener(BytesView key, Listener& listener) LARDER_REQUIRES(mutex) {
    const auto found = flights.find(as_text(key));
    if (found == flights.end()) return false;
    found->second->listeners.push_back(std::move(listener));
    return true;
  }
};

class Flights::Boards : public PerProcess<Board> {};

Flights::Flights() : boards_(std::make_unique<Boards>()) {}

Flights::~Flights() = default;

Flights::Joined Flights::join(BytesView key, SteadyTime deadline) {
  const std::shared_ptr<Board> board = boards_->get();
  const MutexLock lock(board->mutex);
  const auto found = board->flights.find(as_text(key));
  if (found == board->flights.end()) {
    return {.ticket = Board::issue(board, key)};
  }
  const std::shared_ptr<Flight> flight = found->second;
  if (board->leads_here(flight.get())) refuse_circle();
  board->waiting[std::this_thread::get_id()] = flight.get();
  const bool is_circle = !board->wait_for(*flight, deadline);
  board->waiting.erase(std::this_thread::get_id());
  if (flight->outcome != nullptr) return {.outcome = flight->outcome};
  if (is_circle) refuse_circle();
  throw Error(ErrorKind::unavailable, "cache: another thread did not load the value in time");
}

bool Flights::listen(BytesView key, Listener listener) {
  const std::shared_ptr<Board> board = boards_->get();
  const MutexLock lock(board->mutex);
  return board->add_listener(key, listener);
}

Flights::TicketPtr Flights::start_or_listen(BytesView key, Listener listener) {
  const std::shared_ptr<Board> board = boards_->get();
  const MutexLock lock(board->mutex);
  if (board->add_listener(key, listener)) return nullptr;
  return Board::issue(board, key);
}

Flights::TicketPtr Flights::try_start(BytesView key) {
  const std::shared_ptr<Board> board = boards_->get();
  const MutexLock lock(board->mutex);
  if (board->flights.contains(as_text(key))) return nullptr;
  return Board::issue(board, key);
}

std::size_t Flights::waiting() {
  const std::shared_ptr<Board> board = boards_->get();
  const MutexLock lock(board->mutex);
  return board->waiting.size();
}

Flights::Ticket::Ticket(std::shared_ptr<Board> board) : board_(std::move(board)) {}

Flights::Ticket::~Ticket() {
  if (flight_ != nullptr) land({});
}

void Flights::Ticket::begin() {
  const MutexLock lock(board_->mutex);
  flight_->owner = std::this_thread::get_id();
  held_.emplace(flight_->label);
}

void Flights::Ticket::land(LoadOutcome outcome) {
  held_.reset();
  const std::shared_ptr<Flight> flight = std::exchange(flight_, nullptr);
  if (board_->forks != fork_generation()) return;  // the load is the parent's
  std::vector<Listener> listeners;
  {
    const MutexLock lock(board_->mutex);
    *flight->place = std::move(outcome);
    flight->outcome = std::move(flight->place);
    board_->flights.erase(flight->key);
    listeners.swap(flight->listeners);
  }
  board_->landed.notify_all();
  for (const Listener& listener : listeners) listener(flight->outcome);
}

}  // namespace larder::detail
