// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/lmdb/background.h"
#include "engine/lmdb/directory.h"
#include "engine/lmdb/durable_hooks.h"
#include "engine/lmdb/environment.h"
#include "engine/lmdb/log.h"
#include "engine/lmdb/presence.h"
#include "engine/lmdb/process_mark.h"
#include "engine/lmdb/shared_area.h"
#include "engine/lmdb/shared_page.h"
#include "engine/update_hooks.h"
#include "larder/core/mutex.h"
#include "larder/engine/engine.h"

namespace larder::lmdb {

/// One engine directory, open once in this process. Thread-safe.
class Database {
 public:
  /// Opens the directory. If nobody else has it open, recovers what a crash left first.
  Database(LmdbOptions options, EngineHooks hooks);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  void view(FunctionRef<void(ReadTxn&)> body);
  void update(FunctionRef<void(WriteTxn&)> body, const UpdateOptions& options);
  void sync();
  /// @throws Error `unavailable` if it was removed or replaced
  void look_for_place() { log_->whereabouts().look(); }
  std::span<std::byte> shared_memory(std::string_view name, std::size_t size);
  [[nodiscard]] ClaimPtr claim(BytesView name, SteadyTime deadline);
  [[nodiscard]] std::uint64_t sequence() const { return log_->published(); }
  [[nodiscard]] const std::atomic<std::uint64_t>* generation(BytesView key) const;
  [[nodiscard]] std::uint64_t presence();
  [[nodiscard]] bool is_present(std::uint64_t presence) const {
    return presence == 0 || has_mark(*hooks_.io, directory_.users(), presence);
  }
  [[nodiscard]] EngineInfo info();
  [[nodiscard]] const LmdbOptions& options() const noexcept { return options_; }
  [[nodiscard]] const EngineHooks& hooks() const noexcept { return hooks_; }

 private:
  void check_sync() const;
  void with_snapshot(FunctionRef<void(const Snapshot&)> body);
  std::uint64_t run_update(FunctionRef<void(WriteTxn&)> body, const UpdateOptions& options,
                           SteadyTime deadline, UpdateHooks& hooks);
  void settle_hooks(std::uint64_t sequence, UpdateHooks& hooks);
  void drain();
  void close();
  bool wants_compaction();
  /// As far as that is possible; nobody has it open, and nobody may open it meanwhile. False if a
  /// power cut might leave the old file or the new one.
  bool compact();

  LmdbOptions options_;
  EngineHooks hooks_;
  DirectoryLock directory_;
  std::unique_ptr<Environment> environment_;
  std::unique_ptr<SharedMapping> shared_;
  std::unique_ptr<Log> log_;
  Mutex areas_mutex_;
  std::map<std::string, SharedArea, std::less<>> areas_ LARDER_GUARDED_BY(areas_mutex_);
  Mutex mark_mutex_;
  std::optional<ProcessMark> mark_ LARDER_GUARDED_BY(mark_mutex_);  ///< Once it was asked for.
  DurableHooks durable_hooks_;  ///< What a hook holds may be in an area.
  std::unique_ptr<Background> background_;
};

/// The database in `options.path`: the one that this process has open already, or a new one.
[[nodiscard]] std::shared_ptr<Database> open_database(const LmdbOptions& options,
                                                      const EngineHooks& hooks);

}  // namespace larder::lmdb
