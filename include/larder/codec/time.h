// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <ratio>
#include <string_view>
#include <utility>

#include "larder/codec/codec.h"
#include "larder/codec/scalar.h"
#include "larder/codec/schema.h"

namespace larder {

namespace detail {

/// How long a tick is: `num / den` seconds, where one of the two is 1.
struct Tick {
  std::int64_t num = 1;
  std::int64_t den = 1;
};

/// Writes the point `ticks` after 1970 as the timestamp extension of MessagePack, in its shortest
/// form, and reads it again.
void write_time(std::int64_t ticks, Tick tick, WireWriter& out);
std::int64_t read_time(WireReader& in, Tick tick);

template <typename Outer, typename Rep, typename Period>
consteval std::uint64_t duration_schema(std::string_view name) {
  const std::uint64_t hash = composed_schema<Outer, Rep>(name);
  return combined_schema(combined_schema(hash, static_cast<std::uint64_t>(Period::num)),
                         static_cast<std::uint64_t>(Period::den));
}

/// Ticks of whole seconds, or that divide a second and are whole nanoseconds.
template <typename Duration>
concept Timestampable =
    std::signed_integral<typename Duration::rep> &&
    (Duration::period::den == 1 ||
     (Duration::period::num == 1 && 1'000'000'000 % Duration::period::den == 0));

}  // namespace detail

/// The number of ticks. The unit is not written; it is in the schema.
template <typename Rep, typename Period>
struct Codec<std::chrono::duration<Rep, Period>> {
  using Duration = std::chrono::duration<Rep, Period>;
  static void encode(const Duration& value, WireWriter& out) {
    Codec<Rep>::encode(value.count(), out);
  }
  static Duration decode(WireReader& in) { return Duration(Codec<Rep>::decode(in)); }
  static consteval detail::Types<Rep> parts() { return {}; }
  static consteval std::uint64_t schema() {
    return detail::duration_schema<detail::Types<>, Rep, Period>("duration");
  }
};

/// A point of the system clock is a MessagePack timestamp, which other languages know. The time of
/// other clocks means nothing to another process and has no codec.
template <detail::Timestampable Duration>
struct Codec<std::chrono::time_point<std::chrono::system_clock, Duration>> {
  using Time = std::chrono::time_point<std::chrono::system_clock, Duration>;
  using Rep = typename Duration::rep;
  using Period = typename Duration::period;

  static void encode(const Time& value, WireWriter& out) {
    detail::write_time(value.time_since_epoch().count(), {Period::num, Period::den}, out);
  }

  static Time decode(WireReader& in) {
    const std::int64_t ticks = detail::read_time(in, {Period::num, Period::den});
    if (!std::in_range<Rep>(ticks)) in.fail("a time beyond the range of its type");
    return Time(Duration(static_cast<Rep>(ticks)));
  }

  static consteval std::uint64_t schema() {
    return detail::duration_schema<detail::Types<>, std::int64_t, Period>("timestamp");
  }
};

}  // namespace larder
