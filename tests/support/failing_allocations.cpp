// SPDX-License-Identifier: Apache-2.0
#include "support/failing_allocations.h"

#include <cstddef>
#include <cstdlib>
#include <limits>
#include <new>

namespace larder::test {

namespace {

constexpr std::uint64_t endless = std::numeric_limits<std::uint64_t>::max();

struct Plan {
  std::uint64_t left = endless;
  Shortage shortage = Shortage::one;
  bool has_failed = false;
};
thread_local constinit Plan plan;

void* allocate(std::size_t size, std::size_t alignment) noexcept {
  if (plan.left == 0) {
    plan.has_failed = true;
    if (plan.shortage == Shortage::one) plan.left = endless;
    return nullptr;
  }
  if (plan.left != endless) --plan.left;
  const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
  return std::aligned_alloc(alignment, rounded == 0 ? alignment : rounded);
}

void* allocate_or_throw(std::size_t size, std::size_t alignment) {
  void* memory = allocate(size, alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

FailingAllocations::FailingAllocations(std::uint64_t nth, Shortage shortage) noexcept {
  plan = {.left = nth, .shortage = shortage};
}

FailingAllocations::~FailingAllocations() { plan = {}; }

bool FailingAllocations::has_failed() const noexcept { return plan.has_failed; }

}  // namespace larder::test

void* operator new(std::size_t size) {
  return larder::test::allocate_or_throw(size, alignof(std::max_align_t));
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return larder::test::allocate_or_throw(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return larder::test::allocate(size, alignof(std::max_align_t));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
