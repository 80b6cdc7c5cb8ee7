// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <utility>

#include "larder/core/bytes.h"

namespace larder {

/// Owned bytes that grow at the end. The first 56 need no allocation: most keys are short, and
/// making one is part of every cache read.
///
/// Thread-compatible.
class KeyBuffer {
 public:
  KeyBuffer() noexcept {}  // the inline bytes stay as they are until written
  KeyBuffer(const KeyBuffer& other) { append(other.view()); }
  KeyBuffer(KeyBuffer&& other) noexcept { take(other); }
  KeyBuffer& operator=(const KeyBuffer& other) {
    if (this != &other) *this = KeyBuffer(other);
    return *this;
  }
  KeyBuffer& operator=(KeyBuffer&& other) noexcept {
    if (this != &other) {
      release();
      take(other);
    }
    return *this;
  }
  ~KeyBuffer() { release(); }

  /// What was written. Valid until the next change.
  [[nodiscard]] BytesView view() const noexcept { return {data_, size_}; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// Room for `count` more bytes at the end; `commit` says how many were used.
  [[nodiscard]] std::byte* reserve(std::size_t count) {
    if (count > capacity_ - size_) grow(count);
    return data_ + size_;
  }
  void commit(std::size_t count) noexcept { size_ += count; }

  void push_back(std::byte value) {
    *reserve(1) = value;
    commit(1);
  }

  void append(BytesView more) {
    if (more.empty()) return;
    std::memcpy(reserve(more.size()), more.data(), more.size());
    commit(more.size());
  }

 private:
  static constexpr std::size_t inline_capacity = 56;

  void grow(std::size_t count);
  void release() noexcept {
    if (data_ != inline_.data()) delete[] data_;
  }
  /// Needs this buffer to own nothing. Leaves `other` empty.
  void take(KeyBuffer& other) noexcept {
    size_ = std::exchange(other.size_, 0);
    if (other.data_ == other.inline_.data()) {
      data_ = inline_.data();
      capacity_ = inline_capacity;
      std::memcpy(data_, other.data_, size_);
    } else {
      data_ = std::exchange(other.data_, other.inline_.data());
      capacity_ = std::exchange(other.capacity_, inline_capacity);
    }
  }

  std::array<std::byte, inline_capacity> inline_;
  std::byte* data_ = inline_.data();
  std::size_t size_ = 0;
  std::size_t capacity_ = inline_capacity;
};

}  // namespace larder
