// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>

#include "larder/cache/options.h"
#include "larder/codec/codec.h"
#include "larder/codec/standard.h"
#include "larder/core/bytes.h"
#include "larder/key/key.h"

namespace larder::cli {

/// An entry that came from elsewhere and waits to be stored.
struct Incoming {
  Key key;
  std::uint64_t schema = 0;                                       ///< Of the value's type.
  Bytes value = {};                                               ///< As its codec writes it.
  std::function<std::size_t(std::span<std::byte>)> content = {};  ///< Instead of `value`.
  PutOptions options = {};
};

/// Sets the value of `incoming`.
template <typename Value>
void set_value(Incoming& incoming, const Value& value) {
  incoming.schema = Codec<Value>::schema();
  incoming.value.clear();
  WireWriter out(incoming.value);
  Codec<Value>::encode(value, out);
}

/// Why an entry is not taken.
enum class Refusal {
  python,       ///< A Python object: never executed, so never read.
  damaged,      ///< It is not what its writer would have written.
  unsupported,  ///< It is whole, but a store cannot hold it.
  no_room,      ///< It does not fit the limits of the store.
};
inline constexpr std::size_t refusals = 4;

/// `"python"` and so on.
[[nodiscard]] std::string_view refusal_name(Refusal refusal);

/// An entry that is not taken. The message says why, without the key.
class RefusedEntry : public std::runtime_error {
 public:
  RefusedEntry(Refusal refusal, const std::string& why)
      : std::runtime_error(why), refusal_(refusal) {}
  [[nodiscard]] Refusal refusal() const noexcept { return refusal_; }

 private:
  Refusal refusal_;
};

}  // namespace larder::cli
