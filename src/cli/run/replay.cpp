// SPDX-License-Identifier: Apache-2.0
#include "cli/run/replay.h"

#include "cli/console.h"

namespace larder::cli {

int replay_output(const RunResult& result) noexcept {
  for (const OutputChunk& chunk : result.output) {
    const int error = write_to(chunk.descriptor, chunk.data);
    if (error != 0) return error;
  }
  return 0;
}

}  // namespace larder::cli
