// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/subject.h"

namespace larder::test {

/// LMDB as it is, without larder: what the rigs are tried on. With its defaults a power cut loses
/// nothing; with `MDB_NOSYNC` it may lose everything.
[[nodiscard]] OpenSubject raw_lmdb(unsigned flags);

}  // namespace larder::test
