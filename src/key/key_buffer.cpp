// SPDX-License-Identifier: Apache-2.0
#include "larder/key/key_buffer.h"

#include <algorithm>

namespace larder {

void KeyBuffer::grow(std::size_t count) {
  const std::size_t capacity = std::max(2 * capacity_, size_ + count);
  auto* data = new std::byte[capacity];
  std::memcpy(data, data_, size_);
  release();
  data_ = data;
  capacity_ = capacity;
}

}  // namespace larder
