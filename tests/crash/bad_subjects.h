// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/subject.h"

namespace larder::test {

/// A subject that acknowledges single writes before they are done: it collects a few first. A rig
/// that does not find it out is broken.
[[nodiscard]] OpenSubject acknowledging_early(OpenSubject inner);

/// A subject whose transactions are not: each change is made on its own.
[[nodiscard]] OpenSubject without_transactions(OpenSubject inner);

/// A subject that acknowledges writes for which there was no room.
[[nodiscard]] OpenSubject ignoring_full(OpenSubject inner);

}  // namespace larder::test
