// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "support/subject.h"

namespace larder::test {

/// A cache without limits on the LMDB engine as a subject. Values of more than `file_above_bytes`
/// are kept in files of their own.
[[nodiscard]] OpenSubject cache_subject(std::uint64_t file_above_bytes);

/// The same, but a control: its value files are not brought to the device in time, and go too
/// early.
[[nodiscard]] OpenSubject careless_cache_subject(std::uint64_t file_above_bytes);

}  // namespace larder::test
