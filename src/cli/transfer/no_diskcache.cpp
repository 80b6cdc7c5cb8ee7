// SPDX-License-Identifier: Apache-2.0

// Stands in for diskcache.cpp where SQLite and zlib are not there to build with.

#include "cli/transfer/diskcache.h"
#include "larder/core/error.h"

namespace larder::cli {

DiskcacheLimits read_diskcache(const std::filesystem::path& directory, DiskKind /*kind*/,
                               Intake& /*intake*/, const Console& /*console*/) {
  throw Error(ErrorKind::not_supported, "cannot read " + directory.string() +
                                            ": this larder was built without SQLite and zlib");
}

}  // namespace larder::cli
