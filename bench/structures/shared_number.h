// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

namespace larder::bench {

/// A number in a file that processes map, and count with one at a time. If two of them are at it at
/// once, some of what they add is lost.
class SharedNumber {
 public:
  /// The file has eight bytes.
  explicit SharedNumber(const std::filesystem::path& file);
  SharedNumber(const SharedNumber&) = delete;
  SharedNumber& operator=(const SharedNumber&) = delete;
  ~SharedNumber();

  void add_one() { *number_ = *number_ + 1; }
  [[nodiscard]] std::uint64_t get() const { return *number_; }

 private:
  volatile std::uint64_t* number_;
};

}  // namespace larder::bench
