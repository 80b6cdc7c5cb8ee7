// SPDX-License-Identifier: Apache-2.0
#include "larder/core/random.h"

#include <sys/random.h>

#include <cerrno>

#include "larder/core/error.h"

namespace larder {

std::uint64_t random_seed() {
  std::uint64_t seed = 0;
  // Up to 256 bytes come whole or not at all.
  while (::getrandom(&seed, sizeof seed, 0) < 0) {
    if (errno != EINTR) throw system_error(errno, "cannot read random bytes of the system");
  }
  return seed;
}

}  // namespace larder
