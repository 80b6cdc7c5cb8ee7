// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "larder/container/detail/run.h"
#include "larder/container/detail/taken_item.h"
#include "larder/container/detail/type_name.h"
#include "larder/core/bytes.h"
#include "larder/core/function_ref.h"
#include "larder/engine/engine.h"

namespace larder::detail {

struct TakenRecord;
enum class Look;

/// An end of a deque.
enum class DequeEnd { front, back };

/// Sees the encoding of an item, valid during the call.
using DequeVisitor = FunctionRef<void(BytesView item)>;

/// Everything that `Deque` does, on encoded items. What a visitor throws undoes the operation.
///
/// Thread-safe. Held by `std::shared_ptr`.
class DequeCore : public std::enable_shared_from_this<DequeCore> {
 public:
  [[nodiscard]] static std::shared_ptr<DequeCore> open(EnginePtr engine, std::string_view name,
                                                       const ItemType& type,
                                                       std::optional<std::uint64_t> max_size,
                                                       std::optional<std::uint64_t> max_attempts);
  ~DequeCore();
  DequeCore(const DequeCore&) = delete;
  DequeCore& operator=(const DequeCore&) = delete;

  [[nodiscard]] const EnginePtr& engine() const noexcept;
  [[nodiscard]] std::uint64_t size() const;
  [[nodiscard]] std::uint64_t max_size() const;
  void set_max_size(std::uint64_t max_size);

  /// Pushes `items` one after the other; what is too much goes at the other end.
  void push(DequeEnd end, std::span<const Bytes> items);
  /// Pushes `item` if that is not more than `max_size()`. Returns whether it was pushed.
  bool try_push(DequeEnd end, BytesView item);
  /// The same, and waits for room.
  bool push_within(DequeEnd end, std::chrono::nanoseconds timeout, BytesView item);
  /// Takes the item at `end`. Returns whether there was one.
  bool pop(DequeEnd end, DequeVisitor visit);
  /// The same, and waits for an item.
  bool pop_within(DequeEnd end, std::chrono::nanoseconds timeout, DequeVisitor visit);

  /// Shows the item that is `index` items away from `end`. Returns whether there is one.
  bool read(DequeEnd end, std::uint64_t index, DequeVisitor visit) const;
  bool replace(std::uint64_t index, BytesView item);
  bool insert(std::uint64_t index, BytesView item);
  bool erase(std::uint64_t index);
  /// Removes the first item that `matches`. Returns whether there was one.
  bool erase_first(FunctionRef<bool(BytesView item)> matches);
  std::uint64_t clear();
  void rotate(std::int64_t steps);
  void reverse();

  /// Shows up to `count` items from `index` on as one moment saw them.
  void walk(std::uint64_t index, std::uint64_t count, DequeVisitor visit) const;

  /// The runs of up to `count` items from `index` on, the last first, each to be read from its
  /// front.
  [[nodiscard]] Runs order(std::uint64_t index, std::uint64_t count, Direction direction) const;
  /// Takes a batch of items off the last of `rest` and shows it. Passes over those that are gone.
  void read_some(Runs& rest, DequeVisitor visit) const;

  [[noreturn]] void throw_out_of_range(std::uint64_t index) const;

  /// Takes the item at `end` until it is acknowledged. Nothing if there is none.
  std::optional<TakenItem> take(DequeEnd end, Duration lease, DequeVisitor visit);
  std::optional<TakenItem> take_within(DequeEnd end, std::chrono::nanoseconds timeout,
                                       Duration lease, DequeVisitor visit);
  /// These return whether `taking` has not ended; if it has, they change nothing.
  bool acknowledge(const Taking& taking);
  bool give_back(const Taking& taking);
  bool extend(const Taking& taking, Duration lease);

  [[nodiscard]] std::uint64_t taken() const;
  std::uint64_t bring_back();
  [[nodiscard]] std::uint64_t max_attempts() const;
  void set_max_attempts(std::uint64_t max_attempts);
  [[nodiscard]] std::shared_ptr<DequeCore> dead_letters() const;
  std::uint64_t requeue_dead_letters();

  /// For messages: `deque "jobs"`.
  [[nodiscard]] const std::string& title() const noexcept;

 private:
  class Edit;
  class Takings;
  struct Place;

  explicit DequeCore(std::unique_ptr<const Place> place);

  /// Calls `body(Edit&)` in an update, and stores what it changed.
  template <typename Body>
  auto update(Body body, const UpdateOptions& options = {});

  /// Makes an `attempt` whenever there is an item, until one succeeds.
  bool wait_for_item(std::chrono::nanoseconds timeout, FunctionRef<bool()> attempt);
  std::uint64_t bring_back_in_passing();
  std::uint64_t bring_back(Look look);
  std::int64_t enter(Edit& edit);
  bool change_taking(const Taking& taking,
                     FunctionRef<void(Takings& takings, const TakenRecord& record)> change);

  std::unique_ptr<const Place> place_;
  std::atomic<std::int64_t> looked_at_{0};  // closely, at who takes items
};

}  // namespace larder::detail
