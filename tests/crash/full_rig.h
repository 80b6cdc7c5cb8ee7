// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "support/subject.h"

namespace larder::test {

/// What the device does once it is full.
enum class Fullness {
  once,     ///< One call fails, the next ones go well.
  staying,  ///< All calls fail from then on.
};

struct FullReport {
  std::uint64_t runs = 0;  ///< How many calls were failed, one in each run.
  std::string wrong;       ///< What went wrong; empty if nothing did.
};

/// Lets the device be full at every file operation of `open`, putting, syncing and erasing in turn:
/// the call must fail with `full`, whatever was acknowledged must be found later, and there must be
/// room again when there is.
[[nodiscard]] FullReport fill_at_each_call(const OpenSubject& open, Durability durability,
                                           Fullness fullness);

/// How often a small device's subject is opened.
enum class Opened {
  once,           ///< For all that happens until everything is erased.
  for_each_step,  ///< For each put and each erasure, as by a tool that does one thing and ends.
};

/// A small file system and what it is filled with.
struct Filling {
  int mebibytes;
  std::size_t value_bytes;
  Opened opened = Opened::once;
};

/// Three times: puts values until a file system of this size is full, reads all, erases all.
/// Returns what went wrong, an empty text if nothing did, or nothing where file systems may not be
/// mounted.
[[nodiscard]] std::optional<std::string> fill_small_device(const OpenSubject& open,
                                                           const Filling& filling);

/// On a file system with no room at all, then with ever more: opens the engine, which is either
/// full or works. Then fills up what is left and lets more readers in than ever. Returns as
/// `fill_small_device()`.
[[nodiscard]] std::optional<std::string> open_on_full_device();

}  // namespace larder::test
