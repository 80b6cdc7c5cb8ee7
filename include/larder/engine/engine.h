// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "larder/core/bytes.h"
#include "larder/core/clock.h"
#include "larder/core/function_ref.h"
#include "larder/engine/claim.h"
#include "larder/engine/options.h"
#include "larder/engine/txn.h"

namespace larder {

/// How one update runs.
struct UpdateOptions {
  /// Gives up with `unavailable` if the update could not start by then. Unset: the engine's
  /// timeout.
  std::optional<SteadyTime> deadline = std::nullopt;

  /// The update frees space: it may use what is kept in reserve for the day the device is full.
  bool frees_space = false;
};

/// What `Engine::info()` tells.
struct EngineInfo {
  std::string uri;               ///< Opens the same engine again.
  std::uint64_t entries = 0;     ///< Keys in the whole engine, approximate while others write.
  std::uint64_t disk_bytes = 0;  ///< Space taken on the device.
  std::uint64_t used_bytes = 0;  ///< Of these, space that holds live data or its index.
  std::uint64_t syncs = 0;       ///< Times this process waited for the device.
};

/// What `Engine::place()` tells.
struct EnginePlace {
  std::filesystem::path directory = {};            ///< Empty if the engine has none.
  std::uint32_t mode = 0600;                       ///< Permission bits of new files.
  Durability durability = Durability::disposable;  ///< What an acknowledged write survives.
  bool is_read_only = false;                       ///< Opened with `OpenMode::read_only`.
  std::string boot = boot_id();  ///< Name of the boot of the machine, as in `EngineHooks`.
};

/// One ordered map of bytes to bytes with transactions, shared by all threads and processes of a
/// machine. Structures live on it, each below a key prefix of its own, so that several can change
/// together in one transaction.
///
/// Thread-safe: any function may be called from any thread at any time. Several processes may
/// have the same place open. After `fork` the child uses the engine like any other process; a
/// closure that was running at the moment of the fork must not go on in the child.
///
/// To write an engine, override the private functions.
class Engine {
 public:
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  virtual ~Engine() = default;

  /// Calls `body(ReadTxn&)` on a snapshot and returns what it returns. Takes no lock and never
  /// waits for a writer. Within an update of the same thread it sees that update's own changes.
  template <typename Body>
    requires std::is_invocable_v<Body&, ReadTxn&>
  auto view(Body&& body) {
    return capture<ReadTxn>(body, [this](FunctionRef<void(ReadTxn&)> run) { do_view(run); });
  }

  /// Calls `body(WriteTxn&)` and commits: every change or, if it throws, none. Updates run one
  /// after the other. An update within an update of the same thread joins the outer one; if the
  /// inner body throws, the outer update can no longer commit. Distributed engines may run `body`
  /// again after a conflict. An update must not start inside a view of the same thread
  /// (`invalid_argument`).
  /// @throws Error `unavailable` if other writers did not let it start in time, `full`
  template <typename Body>
    requires std::is_invocable_v<Body&, WriteTxn&>
  auto update(Body&& body, const UpdateOptions& options = {}) {
    return capture<WriteTxn>(body,
                             [&](FunctionRef<void(WriteTxn&)> run) { do_update(run, options); });
  }

  /// Whether the calling thread is inside a view or an update of this engine: what waits for others
  /// refuses to begin there, because they may wait for the end of it.
  [[nodiscard]] virtual bool is_in_transaction() = 0;

  /// Waits until every update acknowledged so far would survive a power cut.
  virtual void sync() = 0;

  /// Memory shared by every user of the engine, `size` bytes, zero at first; the same `name` gives
  /// the same memory for as long as the engine object lives. It may be lost or stale after a crash:
  /// keep hints there, never truth. Accesses must be atomic. `name` is a file name.
  /// @throws Error `invalid_argument` if `name` is in use with another size by this process
  virtual std::span<std::byte> shared_memory(std::string_view name, std::size_t size) = 0;

  /// Waits until no thread of any process that uses the engine has a claim on `name`, and takes it.
  /// Not to be called inside an update: whoever has the claim may need one.
  /// @throws Error `unavailable` if it is not to be had before `deadline`, `invalid_argument` if
  /// this thread has it already, or if whoever has it waits, be it by way of others, for a claim
  /// that this thread has: of those who wait in a circle one is told, within a moment; `full` if
  /// there are too many claims at the same time
  [[nodiscard]] virtual ClaimPtr claim(BytesView name, SteadyTime deadline) = 0;

  /// A number that changes with every `notify(name)` by any thread of any process; for other names
  /// it may change as well. Take it, look whether what you wait for is there, and hand it to
  /// `wait()`: so nothing is missed in between.
  virtual std::uint32_t notifications(BytesView name);

  /// Wakes all who wait for `name`. To be called after the commit of what they wait for. Cheap if
  /// nobody waits. If the caller is killed between the two, nobody is woken: who waits should look
  /// again every second or so.
  virtual void notify(BytesView name);

  /// Sleeps until `notifications(name)` is no longer `seen`, or until `deadline`; wakes now and
  /// then without a reason. Not to be called inside an update.
  virtual void wait(BytesView name, std::uint32_t seen, SteadyTime deadline);

  /// Number of the last update that every view sees that begins from now on. Updates are numbered
  /// in their order; the numbers may start again when nobody has the engine open. 0 if the engine
  /// does not number them.
  [[nodiscard]] virtual std::uint64_t sequence() { return 0; }

  /// Where the generation of `key` stands: the number of the last update that changed `key` or, now
  /// and then, another key. It rises before that update becomes visible. So a value can be kept
  /// outside of the engine: load the generation, see that `sequence()` is not below it, then view
  /// the value; it is current for as long as the generation stays what it was. The place is good
  /// for as long as the engine object lives. Null if the engine has no generations.
  [[nodiscard]] virtual const std::atomic<std::uint64_t>* generation(BytesView /*key*/) {
    return nullptr;
  }

  /// A number by which all who use the engine see whether this process still has it open, also
  /// from other containers, which cannot look at this process. In the child of a fork it is another
  /// one. 0 if the engine has none.
  /// @throws Error
  [[nodiscard]] virtual std::uint64_t presence() { return 0; }
  /// Whether the process with that `presence()` may still have the engine open: false only if it
  /// certainly has not.
  /// @throws Error
  [[nodiscard]] virtual bool is_present(std::uint64_t /*presence*/) { return true; }

  /// Place and sizes.
  virtual EngineInfo info() = 0;

  /// Where and how structures may keep files of their own, each below a name of its own.
  [[nodiscard]] virtual EnginePlace place() const { return {}; }

  /// The clock that the engine was opened with.
  [[nodiscard]] virtual const Clock& clock() const noexcept = 0;

 protected:
  Engine() = default;

 private:
  template <typename Txn, typename Body, typename Run>
  static auto capture(Body& body, Run run) {
    using Result = std::invoke_result_t<Body&, Txn&>;
    if constexpr (std::is_void_v<Result>) {
      run([&](Txn& txn) { body(txn); });
    } else {
      std::optional<Result> result;
      run([&](Txn& txn) { result.emplace(body(txn)); });
      return std::move(*result);
    }
  }

  virtual void do_view(FunctionRef<void(ReadTxn&)> body) = 0;
  virtual void do_update(FunctionRef<void(WriteTxn&)> body, const UpdateOptions& options) = 0;
};

/// Engines are shared: several structures and the caller may hold the same one.
using EnginePtr = std::shared_ptr<Engine>;

/// An engine in the memory of this process, gone with it. For tests, and for caches that need no
/// disk.
[[nodiscard]] EnginePtr open_memory_engine(EngineHooks hooks = {});

/// The engine kept in a directory, shared by all processes of this machine. Opening the same
/// directory twice in one process gives two handles on one engine.
///
/// With `OpenMode::read_only` updates, `sync()` and `claim()` throw `denied`, shared memory is a
/// copy of this process's own, and there are no generations.
/// @throws Error `invalid_argument` if `open_mode` forbids it, `not_supported` on a network file
/// system, `denied`, `corrupt`, `unavailable`
[[nodiscard]] EnginePtr open_lmdb(const LmdbOptions& options, EngineHooks hooks = {});

}  // namespace larder
