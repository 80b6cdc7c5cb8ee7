// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace larder::cli {

/// Waits until the clock that stamps changes of files is beyond `ns`, nanoseconds since 1970: two
/// changes within one tick of it leave a file in the same state. A tick is a few milliseconds; the
/// wait ends after 20, as other file systems may have clocks of their own.
void wait_for_file_time_after(std::int64_t ns);

/// The time of a new tick of that clock: what was changed before has an earlier one.
[[nodiscard]] std::int64_t next_file_time();

}  // namespace larder::cli
