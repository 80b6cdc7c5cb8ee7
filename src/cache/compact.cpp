// SPDX-License-Identifier: Apache-2.0
#include "larder/cache/compact.h"

#include "cache/shards.h"
#include "larder/cache/cache.h"

namespace larder {

CompactReport compact_cache(const CacheOptions& options, const CacheHooks& hooks,
                            CompactProgress progress) {
  CacheOptions as_it_is = options;
  as_it_is.compact_on_close = {};
  Cache::open(as_it_is, hooks).expire();
  CompactReport all;
  for (const std::filesystem::path& path : detail::engine_paths(options, hooks)) {
    const CompactReport report =
        compact_lmdb(detail::engine_options(options, path), detail::engine_hooks(hooks), progress);
    all.bytes_before += report.bytes_before;
    all.bytes_after += report.bytes_after;
  }
  return all;
}

}  // namespace larder
