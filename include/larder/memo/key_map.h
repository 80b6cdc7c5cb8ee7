// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "larder/core/bytes.h"
#include "larder/key/key.h"

namespace larder {

/// What becomes of the arguments of a call in its key: by default they are the key. Chained with
/// `|`: `KeyMap::text() | KeyMap::digest()` is the digest of the text.
///
/// Thread-compatible.
class KeyMap {
 public:
  using Function = std::function<Key(const Key& arguments)>;

  /// The arguments as they are: a result is found by all of them, and they can be read back.
  KeyMap() = default;
  [[nodiscard]] static KeyMap raw() { return {}; }

  /// Text that a person can read: `(1, 2.5, "a")`. Different arguments have different texts.
  [[nodiscard]] static KeyMap text();

  /// Only 128 bits of the arguments (XXH3): for keys that would be long. They are not compared
  /// then. By accident two of a billion calls share them with a probability of 2e-21; somebody who
  /// chooses the arguments can bring it about: use a cryptographic digest against that.
  [[nodiscard]] static KeyMap digest();

  /// What `digest` makes of the canonical bytes of the arguments.
  [[nodiscard]] static KeyMap digest(std::function<Bytes(BytesView)> digest);

  /// A function of your own. Must give different keys for calls with different results.
  [[nodiscard]] static KeyMap custom(Function function);

  /// The first, and then the second with what the first made.
  friend KeyMap operator|(KeyMap first, KeyMap second);

  [[nodiscard]] Key operator()(Key arguments) const;

  /// Whether keys hold the arguments.
  [[nodiscard]] bool is_raw() const noexcept { return steps_.empty(); }

 private:
  std::vector<Function> steps_;
};

}  // namespace larder
