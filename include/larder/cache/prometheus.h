// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "larder/cache/options.h"
#include "larder/engine/engine.h"

namespace larder {

class Cache;

/// What one look at a cache tells.
struct CacheNumbers {
  CacheStats stats = {};
  CacheSettings settings = {};
  EngineInfo engine = {};
  std::uint64_t entries = 0;  ///< `Cache::size()`.
  std::uint64_t bytes = 0;    ///< `Cache::bytes()`.
};

/// Looks at `cache` once.
[[nodiscard]] CacheNumbers numbers_of(const Cache& cache);

/// Labels of a Prometheus sample: names and values.
using PrometheusLabels = std::map<std::string, std::string>;

/// `numbers` in Prometheus' text exposition format, for a server that answers to `GET /metrics`.
/// `labels`, for example `{"cache", "images"}`, are added to each sample. Names begin with
/// `larder_cache_`; counters end in `_total`, sizes in `_bytes`, times in `_seconds`. Latencies are
/// histograms of samples, see `CacheLatencies`: their counts are no counts of operations.
/// @throws Error `invalid_argument` if the name of a label is no label name
[[nodiscard]] std::string to_prometheus(const CacheNumbers& numbers,
                                        const PrometheusLabels& labels = {});

}  // namespace larder
