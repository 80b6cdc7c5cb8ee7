// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace larder::detail {

/// How far the tables of a policy reach: they have 2^`bits` places.
struct TableSize {
  unsigned bits = 20;

  [[nodiscard]] constexpr std::size_t places() const noexcept { return std::size_t{1} << bits; }
};

/// A number in shared memory. All accesses are atomic and relaxed: what is kept here are hints,
/// each of which stands for itself.
template <typename Number>
class Shared {
 public:
  [[nodiscard]] Number get() const noexcept { return ref().load(std::memory_order_relaxed); }
  void set(Number value) noexcept { ref().store(value, std::memory_order_relaxed); }
  /// Returns the number before.
  Number add(Number value) noexcept { return ref().fetch_add(value, std::memory_order_relaxed); }

 private:
  using Ref = std::atomic_ref<Number>;
  static_assert(Ref::is_always_lock_free, "shared memory needs atomics without locks");

  [[nodiscard]] Ref ref() const noexcept { return Ref(const_cast<Number&>(value_)); }

  Number value_;
};

/// Cuts the memory of a policy into tables, in the order of the calls.
class SharedCut {
 public:
  explicit SharedCut(std::span<std::byte> memory) : memory_(memory) {}

  /// The next `count` objects, at the start of a cache line.
  template <typename Object>
  [[nodiscard]] std::span<Object> take(std::size_t count) {
    auto* first = reinterpret_cast<Object*>(memory_.data());
    memory_ = memory_.subspan(bytes<Object>(count));
    return {first, count};
  }

  /// What `take()` takes.
  template <typename Object>
  [[nodiscard]] static constexpr std::size_t bytes(std::size_t count) {
    constexpr std::size_t line = 64;
    return (count * sizeof(Object) + line - 1) / line * line;
  }

 private:
  std::span<std::byte> memory_;
};

}  // namespace larder::detail
