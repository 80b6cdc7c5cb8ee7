// SPDX-License-Identifier: Apache-2.0
#include "larder/codec/time.h"

#include <array>
#include <cstddef>

#include "larder/codec/detail/byte_order.h"
#include "larder/core/error.h"

namespace larder::detail {
namespace {

constexpr std::int64_t nanoseconds_per_second = 1'000'000'000;
constexpr std::uint64_t seconds_in_64_bits = std::uint64_t{1} << 34;

struct Timestamp {
  std::int64_t seconds = 0;       // since 1970
  std::uint32_t nanoseconds = 0;  // of the second
};

void write_timestamp(Timestamp time, WireWriter& out) {
  std::array<std::byte, 12> data = {};
  std::size_t size = 12;
  const auto seconds = static_cast<std::uint64_t>(time.seconds);
  if (time.nanoseconds == 0 && seconds <= 0xffff'ffff) {
    store_big_endian(data.data(), static_cast<std::uint32_t>(seconds));
    size = 4;
  } else if (seconds < seconds_in_64_bits) {
    store_big_endian(data.data(), (std::uint64_t{time.nanoseconds} << 34) | seconds);
    size = 8;
  } else {
    store_big_endian(data.data(), time.nanoseconds);
    store_big_endian(data.data() + 4, seconds);
  }
  out.write_ext(wire_ext::timestamp, BytesView(data).first(size));
}

bool is_shortest(Timestamp time, std::size_t size) {
  const auto seconds = static_cast<std::uint64_t>(time.seconds);
  if (time.nanoseconds == 0 && seconds <= 0xffff'ffff) return size == 4;
  return size == (seconds < seconds_in_64_bits ? 8 : 12);
}

Timestamp read_timestamp(WireReader& in) {
  const WireExt ext = in.read_ext();
  if (ext.type != wire_ext::timestamp) in.fail("not a timestamp");
  Timestamp time;
  if (ext.data.size() == 4) {
    time.seconds = load_big_endian<std::uint32_t>(ext.data.data());
  } else if (ext.data.size() == 8) {
    const auto both = load_big_endian<std::uint64_t>(ext.data.data());
    time.seconds = static_cast<std::int64_t>(both % seconds_in_64_bits);
    time.nanoseconds = static_cast<std::uint32_t>(both >> 34);
  } else if (ext.data.size() == 12) {
    time.nanoseconds = load_big_endian<std::uint32_t>(ext.data.data());
    time.seconds = static_cast<std::int64_t>(load_big_endian<std::uint64_t>(ext.data.data() + 4));
  } else {
    in.fail("a timestamp of an unknown size");
  }
  if (time.nanoseconds >= nanoseconds_per_second) in.fail("a timestamp beyond its second");
  if (!is_shortest(time, ext.data.size())) in.fail("not the shortest form");
  return time;
}

}  // namespace

void write_time(std::int64_t ticks, Tick tick, WireWriter& out) {
  Timestamp time;
  if (tick.den == 1) {
    if (__builtin_mul_overflow(ticks, tick.num, &time.seconds)) {
      throw Error(ErrorKind::invalid_argument, "codec: a time beyond the range of a timestamp");
    }
  } else {
    const std::int64_t rest = (ticks % tick.den + tick.den) % tick.den;
    time.seconds = ticks / tick.den - (ticks % tick.den < 0 ? 1 : 0);
    time.nanoseconds = static_cast<std::uint32_t>(rest * (nanoseconds_per_second / tick.den));
  }
  write_timestamp(time, out);
}

std::int64_t read_time(WireReader& in, Tick tick) {
  const Timestamp time = read_timestamp(in);
  const std::int64_t per_tick = nanoseconds_per_second / tick.den;
  if (time.nanoseconds % per_tick != 0 || time.seconds % tick.num != 0) {
    in.fail("a time finer than its type");
  }
  if (tick.den == 1) return time.seconds / tick.num;
  std::int64_t seconds = time.seconds;
  std::int64_t rest = time.nanoseconds / per_tick;
  if (seconds < 0) {  // towards zero, or the earliest times would overflow on the way
    ++seconds;
    rest -= tick.den;
  }
  std::int64_t ticks = 0;
  if (__builtin_mul_overflow(seconds, tick.den, &ticks) ||
      __builtin_add_overflow(ticks, rest, &ticks)) {
    in.fail("a time beyond the range of its type");
  }
  return ticks;
}

}  // namespace larder::detail
