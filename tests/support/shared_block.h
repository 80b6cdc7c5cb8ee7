// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/mman.h>

#include <new>
#include <stdexcept>

namespace larder::test {

/// One `T` in memory that children made by `fork` share with their parent. What a child wrote is
/// there after the child was killed, whatever the tested code did.
template <typename T>
class SharedBlock {
 public:
  SharedBlock() {
    void* memory =
        ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::runtime_error("cannot share memory with children");
    value_ = new (memory) T();
  }
  ~SharedBlock() { ::munmap(value_, sizeof(T)); }
  SharedBlock(const SharedBlock&) = delete;
  SharedBlock& operator=(const SharedBlock&) = delete;

  T& operator*() const noexcept { return *value_; }
  T* operator->() const noexcept { return value_; }

 private:
  T* value_;
};

}  // namespace larder::test
