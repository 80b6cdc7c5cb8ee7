// SPDX-License-Identifier: Apache-2.0
#include "memo/copy_element.h"

namespace larder::detail {

namespace {

void copy_integer(KeyReader& in, KeyWriter& out) {
  const KeyInteger value = in.read_integer();
  if (value.is_negative) {
    out.write_integer(static_cast<std::int64_t>(-value.magnitude));
  } else {
    out.write_unsigned(value.magnitude);
  }
}

void copy(KeyReader& in, KeyWriter& out, RealMap map, std::size_t tuples) {
  switch (in.kind()) {
    case KeyKind::null:
      in.read_null();
      return out.write_null();
    case KeyKind::boolean:
      return out.write_boolean(in.read_boolean());
    case KeyKind::integer:
      return copy_integer(in, out);
    case KeyKind::real:
      return out.write_real(map(in.read_real(), tuples));
    case KeyKind::text:
      return out.write_text(in.read_text());
    case KeyKind::bytes:
      return out.write_bytes(in.read_bytes());
    case KeyKind::timestamp:
      return out.write_timestamp(in.read_timestamp());
    case KeyKind::tuple:
      in.begin_tuple();
      out.begin_tuple();
      while (!in.at_tuple_end()) copy(in, out, map, tuples + 1);
      in.end_tuple();
      return out.end_tuple();
  }
}

}  // namespace

void copy_element(KeyReader& in, KeyWriter& out, RealMap map) { copy(in, out, map, 0); }

void copy_element(KeyReader& in, KeyWriter& out) {
  copy(in, out, [](double value, std::size_t) { return value; }, 0);
}

}  // namespace larder::detail
