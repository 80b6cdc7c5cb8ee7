// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "engine/lmdb/active_txn.h"
#include "engine/lmdb/database.h"
#include "engine/lmdb/read_only.h"
#include "larder/core/process.h"
#include "larder/engine/engine.h"

namespace larder {
namespace {

std::shared_ptr<lmdb::Database> open_as(const LmdbOptions& options, const EngineHooks& hooks,
                                        lmdb::Database* /*kind*/) {
  return lmdb::open_database(options, hooks);
}

std::shared_ptr<lmdb::ReadOnlyDatabase> open_as(const LmdbOptions& options,
                                                const EngineHooks& hooks,
                                                lmdb::ReadOnlyDatabase* /*kind*/) {
  auto database = lmdb::open_read_only(options, hooks);
  database->view([](ReadTxn&) {});  // what is wrong shows now
  return database;
}

/// A handle on a database. In the child of a fork it opens the database anew at first use.
template <typename Database>
class LmdbEngine final : public Engine {
 public:
  LmdbEngine(const LmdbOptions& options, EngineHooks hooks)
      : options_(options), hooks_(std::move(hooks)) {
    options_.path = std::filesystem::absolute(options.path);
    const MutexLock lock(mutex_);
    use(open_again());
    // From now on it is there.
    if (options_.open_mode == OpenMode::create) options_.open_mode = OpenMode::open;
  }
  LmdbEngine(const LmdbEngine&) = delete;
  LmdbEngine& operator=(const LmdbEngine&) = delete;
  ~LmdbEngine() override = default;

  [[nodiscard]] bool is_in_transaction() override {
    return lmdb::ActiveTxn::find(&database()) != nullptr;
  }
  void sync() override { database().sync(); }
  std::span<std::byte> shared_memory(std::string_view name, std::size_t size) override {
    return database().shared_memory(name, size);
  }
  ClaimPtr claim(BytesView name, SteadyTime deadline) override {
    return database().claim(name, deadline);
  }
  [[nodiscard]] std::uint64_t sequence() override { return database().sequence(); }
  [[nodiscard]] const std::atomic<std::uint64_t>* generation(BytesView key) override {
    return database().generation(key);
  }
  [[nodiscard]] std::uint64_t presence() override { return database().presence(); }
  [[nodiscard]] bool is_present(std::uint64_t presence) override {
    return database().is_present(presence);
  }
  EngineInfo info() override { return database().info(); }
  [[nodiscard]] EnginePlace place() const override {
    return {.directory = options_.path,
            .mode = options_.mode,
            .durability = options_.durability,
            .is_read_only = options_.open_mode == OpenMode::read_only,
            .boot = hooks_.boot()};
  }
  [[nodiscard]] const Clock& clock() const noexcept override { return *hooks_.clock; }

 private:
  void do_view(FunctionRef<void(ReadTxn&)> body) override { database().view(body); }
  void do_update(FunctionRef<void(WriteTxn&)> body, const UpdateOptions& options) override {
    database().update(body, options);
  }

  [[nodiscard]] std::shared_ptr<Database> open_again() {
    return open_as(options_, hooks_, static_cast<Database*>(nullptr));
  }

  Database& database() {
    if (forks_.load(std::memory_order_acquire) == fork_generation()) [[likely]] {
      return *current_.load(std::memory_order_acquire);
    }
    const MutexLock lock(mutex_);
    if (forks_.load(std::memory_order_acquire) != fork_generation()) {
      use(open_again());
    }
    return *current_.load(std::memory_order_acquire);
  }

  void use(std::shared_ptr<Database> database) LARDER_REQUIRES(mutex_) {
    owned_.push_back(std::move(database));
    current_.store(owned_.back().get(), std::memory_order_release);
    forks_.store(fork_generation(), std::memory_order_release);
  }

  LmdbOptions options_;
  EngineHooks hooks_;
  std::atomic<Database*> current_{nullptr};
  std::atomic<std::uint64_t> forks_{0};
  Mutex mutex_;
  /// The last is in use; earlier ones belong to parents of this process.
  std::vector<std::shared_ptr<Database>> owned_ LARDER_GUARDED_BY(mutex_);
};

}  // namespace

EnginePtr open_lmdb(const LmdbOptions& options, EngineHooks hooks) {
  if (options.open_mode == OpenMode::read_only) {
    return std::make_shared<LmdbEngine<lmdb::ReadOnlyDatabase>>(options, std::move(hooks));
  }
  return std::make_shared<LmdbEngine<lmdb::Database>>(options, std::move(hooks));
}

}  // namespace larder
