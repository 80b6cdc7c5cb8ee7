// SPDX-License-Identifier: Apache-2.0
#include "core/xxh3.h"

#ifdef LARDER_XXH_DISPATCH
// Redirects the functions of xxhash.h to those that choose at run time.
#  include <xxh_x86dispatch.h>
#else
#  include <xxhash.h>
#endif

namespace larder::detail {

std::uint64_t xxh3_64(BytesView bytes) noexcept { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace larder::detail
