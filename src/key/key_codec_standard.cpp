// SPDX-License-Identifier: Apache-2.0
#include "larder/key/key_codec_standard.h"

#include "larder/core/error.h"

namespace larder::detail {

void throw_no_alternative() {
  throw Error(ErrorKind::invalid_argument, "key: a variant holds no value");
}

}  // namespace larder::detail
