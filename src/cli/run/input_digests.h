// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/run/digest.h"
#include "cli/run/input_list.h"
#include "larder/cache/cache.h"
#include "larder/core/bytes.h"

namespace larder::cli {

/// What the store remembers about a file, so that it need not be read again.
struct FileRecord {
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::int64_t ctime_ns = 0;
  std::uint64_t inode = 0;
  Digest digest = {};
};

/// The digests of the contents of `inputs`, in the same order, with `files` as memory. A file whose
/// state is the remembered one is not read. The state is remembered only if it is old enough that
/// any later change must give another one: clocks of file systems tick slowly.
/// @throws UsageError for a file that cannot be read
[[nodiscard]] std::vector<Bytes> digest_inputs(const std::vector<InputFile>& inputs, Cache& files);

}  // namespace larder::cli
