// SPDX-License-Identifier: Apache-2.0
//
// The two ways in which a process sees a database that it may only read. Both change nothing but,
// beside others who have it open, LMDB's table of readers in lock.mdb: without an entry there,
// nobody would know which pages are still read.
#pragma once

#include <sys/stat.h>

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/lmdb/environment.h"
#include "engine/lmdb/layout.h"
#include "engine/lmdb/log.h"
#include "engine/lmdb/shared_page.h"
#include "engine/lmdb/snapshot.h"
#include "larder/core/function_ref.h"
#include "larder/engine/options.h"

namespace larder::lmdb {

/// Thread-safe.
class Sight {
 public:
  Sight() = default;
  Sight(const Sight&) = delete;
  Sight& operator=(const Sight&) = delete;
  virtual ~Sight() = default;

  /// Calls `body` with the present moment.
  virtual void view(FunctionRef<void(const Snapshot&)> body) = 0;
  [[nodiscard]] virtual Environment& environment() noexcept = 0;
};

/// A database that others have open: one more user, who follows the state in shared memory. Takes
/// no mutex. Others find the database in use for as long as this lives.
class LiveSight final : public Sight {
 public:
  /// To be called while nobody opens or closes the database.
  /// @throws Error `denied` if the table of readers may not be written
  LiveSight(const LmdbOptions& options, const EngineHooks& hooks);
  ~LiveSight() override;

  void view(FunctionRef<void(const Snapshot&)> body) override;
  [[nodiscard]] Environment& environment() noexcept override { return environment_; }

 private:
  Io& io_;
  File users_;
  Environment environment_;
  SharedMapping shared_;
  Log log_;
};

/// A database that nobody has open, as it lies there: what LMDB holds, and on top of it, indexed in
/// memory, what recovery would bring there from the log.
class StillSight final : public Sight {
 public:
  /// To be called, as `is_current()` and `view()`, while nobody can open the database.
  /// @throws Error `corrupt`; `unavailable` if the next who opens it to write will empty it
  StillSight(const LmdbOptions& options, const EngineHooks& hooks);

  /// Whether nobody has opened it to write in the meantime, or changed nothing.
  [[nodiscard]] bool is_current();
  void view(FunctionRef<void(const Snapshot&)> body) override;
  [[nodiscard]] Environment& environment() noexcept override { return environment_; }

 private:
  /// What tells whether a log file is still the same. Whoever opens the database to write brings
  /// all that counts to LMDB, and begins anew.
  struct LogTrace {
    ino_t file = 0;
    std::int64_t changed = 0;
    std::array<std::byte, log_data_begin + sizeof(TxnHeader)> head = {};
    bool operator==(const LogTrace&) const = default;
  };
  struct OwnLog;

  void read_log();
  std::uint64_t index(OwnLog& log, std::uint64_t next, std::uint64_t files_through);
  [[nodiscard]] LogTrace trace_of(std::size_t number) const;

  LmdbOptions options_;
  const EngineHooks& hooks_;
  Io& io_;
  struct stat data_ = {};  ///< Of data.mdb.
  Environment environment_;
  std::uint64_t applied_ = 0;
  std::vector<std::unique_ptr<Segment>> segments_;
  Layers layers_;
  std::array<LogTrace, segment_count> traces_ = {};
};

}  // namespace larder::lmdb
