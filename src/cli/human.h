// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "larder/core/bytes.h"
#include "larder/core/clock.h"

namespace larder::cli {

/// `"90s"`, `"5m"`, `"1h30m"`, `"2d"`, `"1w"`, `"250ms"`; a bare number is seconds.
/// @throws UsageError that shows how to write it, also for zero and for what does not fit
[[nodiscard]] Duration parse_duration(std::string_view text);

/// `"64MiB"`, `"64M"`, `"1.5G"` (powers of 1024), `"64MB"` (powers of 1000); a bare number is
/// bytes.
/// @throws UsageError that shows how to write it
[[nodiscard]] std::uint64_t parse_size(std::string_view text);

/// A whole number.
/// @throws UsageError that names `what`
[[nodiscard]] std::uint64_t parse_count(std::string_view text, std::string_view what);

/// `"1.4 MiB"`.
[[nodiscard]] std::string human_size(std::uint64_t bytes);

/// `"3.1 s"`, `"12 min"`, `"2.0 d"`.
[[nodiscard]] std::string human_duration(Duration length);

/// `"850 ns"`, `"1.3 us"`, `"20 ms"`, `"1.5 s"`.
[[nodiscard]] std::string human_latency(std::chrono::nanoseconds length);

/// `"2026-01-31T09:30:00.123456Z"`.
[[nodiscard]] std::string iso_time(WallTime time);

/// `"2026-01-31 09:30:00"` in the local time zone.
[[nodiscard]] std::string local_time(WallTime time);

/// Lower-case hexadecimal digits.
[[nodiscard]] std::string to_hex(BytesView bytes);

/// The bytes of hexadecimal digits.
/// @throws UsageError if they are none
[[nodiscard]] Bytes from_hex(std::string_view digits);

}  // namespace larder::cli
