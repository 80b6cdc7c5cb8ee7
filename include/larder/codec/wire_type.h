// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "larder/core/bytes.h"

namespace larder {

/// What kind of MessagePack value comes next.
enum class WireType { nil, boolean, integer, float32, float64, str, bin, array, map, ext };

/// How deep arrays and maps may be nested, in writing and in reading.
inline constexpr std::size_t max_wire_depth = 64;

/// Extension types that larder writes. Stored on disk: never change.
namespace wire_ext {
inline constexpr std::int8_t timestamp = -1;  ///< A point in time, as MessagePack defines it.
inline constexpr std::int8_t block = 3;       ///< Numbers in one piece, with their shape.
}  // namespace wire_ext

/// An extension value: its type and its bytes.
struct WireExt {
  std::int8_t type = 0;
  BytesView data = {};
};

/// Counts one level of nesting for as long as it lives; made before the elements of an array or a
/// map are written or read, so that no input and no value can exhaust the stack.
template <typename Wire>
class WireNesting {
 public:
  /// @throws Error `invalid_argument` from a writer, `corrupt` from a reader, if `wire` is already
  /// `max_wire_depth` levels deep
  explicit WireNesting(Wire& wire) : wire_(wire) { wire_.enter(); }
  WireNesting(const WireNesting&) = delete;
  WireNesting& operator=(const WireNesting&) = delete;
  ~WireNesting() { wire_.leave(); }

 private:
  Wire& wire_;
};

}  // namespace larder
