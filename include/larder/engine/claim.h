// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

namespace larder {

/// The exclusive right to a name among all who use an engine, given back when this object goes. If
/// the process that has it dies, the next one in line gets it at once.
///
/// Must go in the thread that got it, and before the engine does. In the child of a fork it gives
/// nothing back: the right stays with the parent.
class Claim {
 public:
  Claim() = default;
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;
  virtual ~Claim() = default;
};

using ClaimPtr = std::unique_ptr<Claim>;

}  // namespace larder
