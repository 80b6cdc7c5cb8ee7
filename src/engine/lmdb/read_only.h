// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/lmdb/database.h"
#include "engine/lmdb/private_area.h"
#include "engine/lmdb/sight.h"
#include "larder/core/mutex.h"
#include "larder/core/process.h"
#include "larder/engine/engine.h"

namespace larder::lmdb {

/// One engine directory, open once in this process to be read only. Looks through the `Database` of
/// this process, if there is one; else as one more user, if others have it open; else at the files
/// as they lie there. That is decided anew for every view.
///
/// Thread-safe.
class ReadOnlyDatabase {
 public:
  /// @throws Error `invalid_argument` if there is no database
  ReadOnlyDatabase(LmdbOptions options, EngineHooks hooks);
  ReadOnlyDatabase(const ReadOnlyDatabase&) = delete;
  ReadOnlyDatabase& operator=(const ReadOnlyDatabase&) = delete;
  ~ReadOnlyDatabase() = default;

  void view(FunctionRef<void(ReadTxn&)> body);
  [[noreturn]] void update(FunctionRef<void(WriteTxn&)> /*body*/,
                           const UpdateOptions& /*options*/) const {
    refuse();
  }
  [[noreturn]] void sync() const { refuse(); }
  [[noreturn]] ClaimPtr claim(BytesView /*name*/, SteadyTime /*deadline*/) const { refuse(); }
  [[nodiscard]] static std::uint64_t sequence() noexcept { return 0; }
  [[nodiscard]] static const std::atomic<std::uint64_t>* generation(BytesView /*key*/) noexcept {
    return nullptr;
  }
  [[nodiscard]] static std::uint64_t presence() noexcept { return 0; }
  [[nodiscard]] static bool is_present(std::uint64_t /*presence*/) noexcept { return true; }
  std::span<std::byte> shared_memory(std::string_view name, std::size_t size);
  [[nodiscard]] EngineInfo info();
  [[nodiscard]] const LmdbOptions& options() const noexcept { return options_; }
  [[nodiscard]] const EngineHooks& hooks() const noexcept { return hooks_; }

  // --- For the registry, which opens one thing at a time ------------------------------------

  /// Closes all, for a `Database` that this process is about to open: LMDB must not have a file
  /// open twice. Waits for the views that run.
  /// @throws Error `unavailable` after the timeout
  void make_way();
  /// Sees what there is through `database`, for as long as it lives.
  void look_through(const std::shared_ptr<Database>& database);
  /// There is no `Database` in this process until `make_way()` is called.
  void look_alone();

 private:
  /// Whether a view has come in.
  enum class Entry {
    entered,
    busy,    ///< Somebody opens or closes the database just now.
    unsure,  ///< This process may have it open to write.
  };
  /// A view that has come in, and what it sees.
  class Visit {
   public:
    explicit Visit(ReadOnlyDatabase& database) noexcept
        : database_(database), forks_(fork_generation()) {}
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
    ~Visit() {
      // In the child of a fork the view is still the parent's.
      if (!sight || forks_ != fork_generation()) return;
      sight.reset();  // first: who waits for the last to leave closes what was seen
      database_.leave();
    }

    std::shared_ptr<Sight> sight = nullptr;  ///< Null until it has come in.

   private:
    ReadOnlyDatabase& database_;
    std::uint64_t forks_;
  };

  [[nodiscard]] std::shared_ptr<Database> writer();
  /// Calls `body`, or `instead` if this process has the database open to write.
  void with_sight(FunctionRef<void(Sight&)> body, FunctionRef<void(Database&)> instead);
  Entry try_enter(Visit& visit);
  void leave() noexcept;
  /// @throws Error `unavailable` if the directory was replaced by another one
  void check_lock() const;
  /// Finds a sight. False if somebody waits to open the database.
  bool look_around() LARDER_REQUIRES(mutex_);
  /// Keeps others from opening the database until `let_open_if_idle()`. False if somebody opens or
  /// closes it just now.
  bool keep_closed() LARDER_REQUIRES(mutex_);
  void let_open_if_idle() noexcept LARDER_REQUIRES(mutex_);
  [[noreturn]] void refuse() const;

  LmdbOptions options_;
  EngineHooks hooks_;
  Io& io_;
  File lock_;
  File users_;

  Mutex mutex_;
  std::weak_ptr<Database> writer_ LARDER_GUARDED_BY(mutex_);
  bool is_alone_ LARDER_GUARDED_BY(mutex_) = false;
  std::shared_ptr<LiveSight> live_ LARDER_GUARDED_BY(mutex_);
  std::shared_ptr<StillSight> still_ LARDER_GUARDED_BY(mutex_);
  std::uint64_t views_ LARDER_GUARDED_BY(mutex_) = 0;
  bool keeps_closed_ LARDER_GUARDED_BY(mutex_) = false;

  Mutex areas_mutex_;
  std::map<std::string, PrivateArea, std::less<>> areas_ LARDER_GUARDED_BY(areas_mutex_);
};

/// The database in `options.path`, to be read only: the one that this process has open so already,
/// or a new one.
[[nodiscard]] std::shared_ptr<ReadOnlyDatabase> open_read_only(const LmdbOptions& options,
                                                               const EngineHooks& hooks);

/// Tells `reader` whether this process has the database open to write.
void look_for_writer(ReadOnlyDatabase& reader);

}  // namespace larder::lmdb
