// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace larder::literals {

/// `64_KiB` is 65536.
consteval std::uint64_t operator""_KiB(unsigned long long count) { return count << 10U; }
/// `64_MiB` is 67108864.
consteval std::uint64_t operator""_MiB(unsigned long long count) { return count << 20U; }
/// `2_GiB` is 2147483648.
consteval std::uint64_t operator""_GiB(unsigned long long count) { return count << 30U; }

}  // namespace larder::literals
