// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "engine/lmdb/database.h"
#include "larder/core/process.h"
#include "larder/engine/engine.h"

namespace larder {
namespace {

/// A handle on a database. In the child of a fork it opens the database anew at first use.
class LmdbEngine final : public Engine {
 public:
  LmdbEngine(const LmdbOptions& options, EngineHooks hooks)
      : options_(options), hooks_(std::move(hooks)) {
    options_.path = std::filesystem::absolute(options.path);
    const MutexLock lock(mutex_);
    use(lmdb::open_database(options_, hooks_));
  }
  LmdbEngine(const LmdbEngine&) = delete;
  LmdbEngine& operator=(const LmdbEngine&) = delete;
  ~LmdbEngine() override = default;

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
  EngineInfo info() override { return database().info(); }
  [[nodiscard]] EnginePlace place() const override {
    return {.directory = options_.path, .mode = options_.mode, .durability = options_.durability};
  }
  [[nodiscard]] const Clock& clock() const noexcept override { return *hooks_.clock; }

 private:
  void do_view(FunctionRef<void(ReadTxn&)> body) override { database().view(body); }
  void do_update(FunctionRef<void(WriteTxn&)> body, const UpdateOptions& options) override {
    database().update(body, options);
  }

  lmdb::Database& database() {
    if (forks_.load(std::memory_order_acquire) == fork_generation()) [[likely]] {
      return *current_.load(std::memory_order_acquire);
    }
    const MutexLock lock(mutex_);
    if (forks_.load(std::memory_order_acquire) != fork_generation()) {
      use(lmdb::open_database(options_, hooks_));
    }
    return *current_.load(std::memory_order_acquire);
  }

  void use(std::shared_ptr<lmdb::Database> database) LARDER_REQUIRES(mutex_) {
    owned_.push_back(std::move(database));
    current_.store(owned_.back().get(), std::memory_order_release);
    forks_.store(fork_generation(), std::memory_order_release);
  }

  LmdbOptions options_;
  EngineHooks hooks_;
  std::atomic<lmdb::Database*> current_{nullptr};
  std::atomic<std::uint64_t> forks_{0};
  Mutex mutex_;
  /// The last is in use; earlier ones belong to parents of this process.
  std::vector<std::shared_ptr<lmdb::Database>> owned_ LARDER_GUARDED_BY(mutex_);
};

}  // namespace

EnginePtr open_lmdb(const LmdbOptions& options, EngineHooks hooks) {
  return std::make_shared<LmdbEngine>(options, std::move(hooks));
}

}  // namespace larder
