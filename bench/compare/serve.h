// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compare/store.h"

namespace larder::bench {

/// Does with `store` what standard input asks for, one line of JSON for each loop, until it ends.
/// docs: bench/README.md, "How it measures".
void serve(Store& store, std::size_t value_bytes);

}  // namespace larder::bench
