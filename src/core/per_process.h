// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "larder/core/process.h"

namespace larder {

/// A `T` in each process that a fork makes of this one: what has threads or locks. The one of the
/// parent is left alone in the child, as its threads do not run there and its mutex may be locked
/// for ever.
///
/// Thread-safe.
template <typename T>
class PerProcess {
 public:
  explicit PerProcess(std::function<std::shared_ptr<T>()> make =
                          [] { return std::make_shared<T>(); })
      : make_(std::move(make)), current_(new Made{.object = make_()}) {}
  PerProcess(const PerProcess&) = delete;
  PerProcess& operator=(const PerProcess&) = delete;
  ~PerProcess() {
    Made* const made = current_.load();
    // That of the parent is not even destroyed: a condition variable would wait for those who wait
    // there.
    if (made->forks == fork_generation()) delete made;
  }

  [[nodiscard]] std::shared_ptr<T> get() { return made().object; }

  /// The same object, valid as long as this is: without the cost of counting references.
  [[nodiscard]] T& ref() { return *made().object; }

 private:
  struct Made {
    std::uint64_t forks = fork_generation();
    std::shared_ptr<T> object;
  };

  Made& made() {
    Made* current = current_.load(std::memory_order_acquire);
    if (current->forks == fork_generation()) return *current;
    auto fresh = std::make_unique<Made>(Made{.object = make_()});
    if (current_.compare_exchange_strong(current, fresh.get())) current = fresh.release();
    return *current;
  }

  std::function<std::shared_ptr<T>()> make_;
  std::atomic<Made*> current_;
};

}  // namespace larder
