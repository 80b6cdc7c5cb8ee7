// SPDX-License-Identifier: Apache-2.0
#include "cache/life.h"

#include <algorithm>

namespace larder::detail {

Life life_of(const Record& record) {
  const Timing& timing = record.timing;
  const bool is_idling = timing.idle_ttl != Duration::zero();
  return {.latest = is_idling ? timing.latest : record.fresh_until(),
          .idle_ttl = timing.idle_ttl,
          .stale_for =
              timing.stale_at == never ? Duration::zero() : record.expires_at - timing.stale_at};
}

void start_life(Record& record, const Life& life, WallTime now) {
  Timing& timing = record.timing;
  timing = {.load_time = timing.load_time};
  record.expires_at = life.latest;
  if (life.idle_ttl > Duration::zero()) {
    timing.idle_ttl = life.idle_ttl;
    timing.latest = life.latest;
    record.expires_at = std::min(life.latest, add_saturated(now, life.idle_ttl));
  }
  if (life.stale_for > Duration::zero() && record.expires_at != never) {
    timing.stale_at = record.expires_at;
    record.expires_at = add_saturated(record.expires_at, life.stale_for);
  }
}

}  // namespace larder::detail
