// SPDX-License-Identifier: Apache-2.0
#include "larder/key/key.h"

#include "larder/core/error.h"

namespace larder {

Key Key::from_bytes(BytesView encoded) {
  KeyReader reader(encoded);
  reader.skip();
  reader.expect_end();
  Key key;
  key.buffer_.append(encoded);
  return key;
}

BytesView Key::tuple_prefix() const {
  if (kind() != KeyKind::tuple) {
    throw Error(ErrorKind::invalid_argument,
                "key " + to_string() + " is no tuple and has no prefix; make it a std::tuple");
  }
  return bytes().first(bytes().size() - 1);
}

}  // namespace larder
