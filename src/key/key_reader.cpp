// SPDX-License-Identifier: Apache-2.0
#include "larder/key/key_reader.h"

#include <bit>
#include <cstring>
#include <limits>

#include "larder/core/error.h"
#include "larder/key/key_codec.h"

namespace larder {
namespace {

using namespace detail;

constexpr std::uint64_t sign_bit = std::uint64_t{1} << 63U;

[[noreturn]] void throw_corrupt(const char* why) {
  throw Error(ErrorKind::corrupt, std::string("bytes are not a key: ") + why);
}

KeyKind kind_of(std::uint8_t tag) {
  if (tag >= tag_integer_first && tag <= tag_integer_last) return KeyKind::integer;
  switch (tag) {
    case tag_null:
      return KeyKind::null;
    case tag_false:
    case tag_true:
      return KeyKind::boolean;
    case tag_real:
      return KeyKind::real;
    case tag_text:
      return KeyKind::text;
    case tag_bytes:
      return KeyKind::bytes;
    case tag_timestamp:
      return KeyKind::timestamp;
    case tag_tuple:
      return KeyKind::tuple;
    default:
      throw_corrupt("unknown kind");
  }
}

}  // namespace

std::string_view to_string(KeyKind kind) noexcept {
  switch (kind) {
    case KeyKind::null:
      return "null";
    case KeyKind::boolean:
      return "boolean";
    case KeyKind::integer:
      return "integer";
    case KeyKind::real:
      return "real";
    case KeyKind::text:
      return "text";
    case KeyKind::bytes:
      return "bytes";
    case KeyKind::timestamp:
      return "timestamp";
    case KeyKind::tuple:
      return "tuple";
  }
  return "unknown";
}

std::uint8_t KeyReader::tag() const {
  if (rest_.empty()) throw_corrupt("an element is missing");
  return std::to_integer<std::uint8_t>(rest_.front());
}

KeyKind KeyReader::kind() const {
  const std::uint8_t next = tag();
  if (next == tag_end && depth_ > 0) {
    throw Error(ErrorKind::invalid_argument, "key holds fewer elements than asked for");
  }
  return kind_of(next);
}

void KeyReader::expect(KeyKind wanted) const {
  const KeyKind found = kind();
  if (found == wanted) return;
  throw Error(ErrorKind::invalid_argument,
              "key holds another kind: " + std::string(to_string(found)) + " where " +
                  std::string(to_string(wanted)) + " is asked for");
}

BytesView KeyReader::take(std::size_t count) {
  if (count > rest_.size()) throw_corrupt("cut off");
  const BytesView taken = rest_.first(count);
  rest_ = rest_.subspan(count);
  return taken;
}

std::uint64_t KeyReader::take_big_endian(std::size_t count) {
  std::uint64_t value = 0;
  for (const std::byte byte : take(count)) value = value << 8U | std::to_integer<unsigned>(byte);
  return value;
}

template <typename Emit>
void KeyReader::take_delimited(Emit emit) {
  take(1);
  while (true) {
    if (rest_.empty()) throw_corrupt("text or bytes without end");
    const auto* zero = static_cast<const std::byte*>(std::memchr(rest_.data(), 0, rest_.size()));
    if (zero == nullptr) throw_corrupt("text or bytes without end");
    const auto count = static_cast<std::size_t>(zero - rest_.data());
    if (count + 1 == rest_.size()) throw_corrupt("text or bytes without end");
    const auto next = std::to_integer<std::uint8_t>(rest_[count + 1]);
    if (next != after_zero_end && next != after_zero_more) throw_corrupt("a single zero");
    emit(rest_.first(next == after_zero_more ? count + 1 : count));
    rest_ = rest_.subspan(count + 2);
    if (next == after_zero_end) return;
  }
}

void KeyReader::read_null() {
  expect(KeyKind::null);
  take(1);
}

bool KeyReader::read_boolean() {
  expect(KeyKind::boolean);
  return take(1).front() == std::byte{tag_true};
}

KeyInteger KeyReader::read_integer() {
  expect(KeyKind::integer);
  const int size = static_cast<int>(take_big_endian(1)) - tag_integer_zero;
  if (size == 0) return {};
  const bool is_negative = size < 0;
  const auto length = static_cast<unsigned>(is_negative ? -size : size);
  const std::uint64_t stored = take_big_endian(length);
  const std::uint64_t magnitude =
      is_negative ? ~stored & (UINT64_MAX >> (64 - 8 * length)) : stored;
  if (magnitude >> (8 * (length - 1)) == 0) throw_corrupt("an integer longer than needed");
  if (is_negative && magnitude > sign_bit) throw_corrupt("an integer below -2^63");
  return {.magnitude = magnitude, .is_negative = is_negative};
}

double KeyReader::read_real() {
  expect(KeyKind::real);
  take(1);
  const std::uint64_t stored = take_big_endian(8);
  const std::uint64_t bits = (stored & sign_bit) != 0 ? stored ^ sign_bit : ~stored;
  if (bits == sign_bit) throw_corrupt("minus zero");
  const bool is_nan = (bits & ~sign_bit) > 0x7FF0'0000'0000'0000;
  if (is_nan && bits != 0x7FF8'0000'0000'0000) throw_corrupt("an unusual NaN");
  return std::bit_cast<double>(bits);
}

float KeyReader::read_float() {
  const double value = read_real();
  constexpr double most = std::numeric_limits<float>::max();
  const bool is_finite = value >= -most && value <= most;
  const bool is_too_large = !is_finite && value - value == 0.0;
  const bool is_exact = !is_finite || static_cast<double>(static_cast<float>(value)) == value;
  if (is_too_large || (!is_exact && !takes_nearest_floats_)) detail::throw_out_of_range("float");
  return static_cast<float>(value);
}

std::string KeyReader::read_text() {
  expect(KeyKind::text);
  std::string text;
  take_delimited([&](BytesView stretch) { text += as_text(stretch); });
  return text;
}

Bytes KeyReader::read_bytes() {
  expect(KeyKind::bytes);
  Bytes bytes;
  take_delimited([&](BytesView stretch) { append(bytes, stretch); });
  return bytes;
}

WallTime KeyReader::read_timestamp() {
  expect(KeyKind::timestamp);
  take(1);
  return WallTime{Duration{static_cast<std::int64_t>(take_big_endian(8) ^ sign_bit)}};
}

void KeyReader::begin_tuple() {
  expect(KeyKind::tuple);
  if (depth_ == max_key_depth) throw_corrupt("tuples nested too deep");
  take(1);
  ++depth_;
}

bool KeyReader::at_tuple_end() const { return tag() == tag_end; }

void KeyReader::end_tuple() {
  if (depth_ == 0 || !at_tuple_end()) {
    throw Error(ErrorKind::invalid_argument, "key holds more elements than asked for");
  }
  take(1);
  --depth_;
}

void KeyReader::skip() {
  const std::size_t outside = depth_;
  do {
    if (depth_ > outside && at_tuple_end()) {
      end_tuple();
      continue;
    }
    switch (kind()) {
      case KeyKind::null:
      case KeyKind::boolean:
        take(1);
        break;
      case KeyKind::integer:
        static_cast<void>(read_integer());
        break;
      case KeyKind::real:
        static_cast<void>(read_real());
        break;
      case KeyKind::text:
      case KeyKind::bytes:
        take_delimited([](BytesView) {});
        break;
      case KeyKind::timestamp:
        static_cast<void>(read_timestamp());
        break;
      case KeyKind::tuple:
        begin_tuple();
        break;
    }
  } while (depth_ > outside);
}

void KeyReader::expect_end() const {
  if (!rest_.empty()) throw_corrupt("more bytes than one key");
}

}  // namespace larder
