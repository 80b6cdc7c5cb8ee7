// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "larder/core/clock.h"
#include "larder/core/io.h"
#include "larder/core/log.h"
#include "larder/core/process.h"

namespace larder {

/// What an acknowledged write survives. All three survive the death of the process (kill -9).
enum class Durability {
  durable,     ///< A power cut loses no acknowledged write.
  consistent,  ///< A power cut loses at most the last second; what is left is whole and in order.
  disposable,  ///< A power cut may lose everything; never wrong, never unopenable.
};

/// What there must be to open, and what may be done with it.
enum class OpenMode {
  open_or_create,  ///< Opens what is there, or makes it.
  create,          ///< Makes it; `invalid_argument` if there is one.
  open,            ///< Opens it; `invalid_argument`, with nothing made, if there is none.
  read_only,       ///< Opens it as `open` does, and changes nothing. See docs/engine/README.md.
};

/// How to open the LMDB engine. Plain data; what acts is in `EngineHooks`.
struct LmdbOptions {
  /// Directory of the database. Created, with its parents, if it is missing.
  std::filesystem::path path = {};

  /// What there must be, and what may be done with it.
  OpenMode open_mode = OpenMode::open_or_create;

  /// What an acknowledged write survives.
  Durability durability = Durability::consistent;

  /// How long an update waits for other writers before it gives up with `unavailable`.
  std::chrono::milliseconds timeout = std::chrono::seconds{60};

  /// Permission bits of new files; directories also get the matching search bits.
  std::uint32_t mode = 0600;

  /// Address space to reserve for the database at first; it grows by itself. Lower it only where
  /// address space is limited.
  std::uint64_t map_bytes = std::uint64_t{16} << 30U;

  /// How long closing may take to compact a database of which a third and more is out of use; 0:
  /// it never does. It is given up when the time is over, or somebody waits to open the database.
  std::chrono::milliseconds compact_on_close = std::chrono::seconds{2};

  /// How often unsynced writes reach the device with `consistent`.
  std::chrono::milliseconds sync_interval = std::chrono::milliseconds{600};
};

/// What acts in an engine. Everything here must outlive the engine.
struct EngineHooks {
  const Clock* clock = &Clock::system();
  Io* io = &Io::system();
  LogSink log = {};
  /// Overrides the name of this boot of the machine; only tests of power cuts need it.
  std::optional<std::string> boot_id = std::nullopt;

  /// The name of this boot of the machine.
  [[nodiscard]] std::string boot() const { return boot_id ? *boot_id : larder::boot_id(); }
};

}  // namespace larder
