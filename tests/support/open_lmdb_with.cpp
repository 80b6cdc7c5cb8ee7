// SPDX-License-Identifier: Apache-2.0
#include "support/engine_under_test.h"
#include "support/subject.h"

namespace larder::test {

// In a file of its own: what never opens the LMDB engine does not link it.
EnginePtr open_lmdb_with(const EngineSettings& settings) {
  return open_lmdb({.path = settings.directory,
                    .durability = settings.durability,
                    .timeout = settings.timeout,
                    .map_bytes = settings.map_bytes,
                    .sync_interval = settings.sync_interval},
                   settings.hooks);
}

std::unique_ptr<Subject> open_lmdb_subject(const EngineSettings& settings) {
  return engine_subject(open_lmdb_with(settings));
}

}  // namespace larder::test
