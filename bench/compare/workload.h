// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "larder/core/bytes.h"

namespace larder::bench {

/// What one step of a plan does; the two highest bits of its number. diskcache_peer.py knows these
/// numbers, the keys and the values, too.
enum class Action : std::uint32_t { get = 0, put = 1, erase = 2 };

inline constexpr std::uint32_t action_shift = 30;
inline constexpr std::uint32_t key_mask = (1U << action_shift) - 1;

/// The steps of one loop, chosen before the clock runs.
using Plan = std::vector<std::uint32_t>;

/// Every key once, in random order, all of it `rounds` times.
[[nodiscard]] Plan random_order(std::uint32_t keys, std::uint32_t rounds, std::uint64_t seed);

/// Random keys: 90 % get, 9 % put, 1 % erase.
[[nodiscard]] Plan mixed_load(std::uint32_t keys, std::uint32_t steps, std::uint64_t seed);

void write_plan(const std::filesystem::path& file, const Plan& plan);
[[nodiscard]] Plan read_plan(const std::filesystem::path& file);

/// The key with this number: 16 characters.
[[nodiscard]] std::string present_key(std::uint32_t number);
/// A key that is never stored, between those that are.
[[nodiscard]] std::string absent_key(std::uint32_t number);

/// The values of all keys: each begins with its key's number and a version, the rest is noise.
class Values {
 public:
  explicit Values(std::size_t bytes);

  /// The value of a key in a version. Valid until the next call.
  const Bytes& make(std::uint64_t number, std::uint64_t version);

  /// Whether `value` is that of the key in this version; 0 stands for any.
  [[nodiscard]] bool fits(BytesView value, std::uint64_t number, std::uint64_t version) const;

 private:
  Bytes bytes_;
};

}  // namespace larder::bench
