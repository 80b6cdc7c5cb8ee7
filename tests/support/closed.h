// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace larder::test {

/// A class that nobody can look into, and that has no codec.
class Closed {
 public:
  explicit Closed(int value) : value_(value) {}
  [[nodiscard]] int value() const { return value_; }

 private:
  int value_;
};

}  // namespace larder::test
