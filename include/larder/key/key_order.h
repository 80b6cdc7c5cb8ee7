// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace larder {

/// In which order a walk over the keys of a structure goes.
enum class KeyOrder {
  insertion,  ///< As the keys first came in; storing a key again does not move it.
  key,        ///< In the order of the keys.
};

}  // namespace larder
