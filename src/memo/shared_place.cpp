// SPDX-License-Identifier: Apache-2.0
#include "larder/memo/detail/shared_place.h"

namespace larder::detail {

const LogSink& log_of(const Cache& cache) { return CacheAccess::core(cache)->log_sink(); }

}  // namespace larder::detail
