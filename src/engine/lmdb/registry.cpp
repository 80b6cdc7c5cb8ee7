// SPDX-License-Identifier: Apache-2.0
//
// LMDB breaks if one process opens a file twice: all handles on one directory share one Database.
#include <pthread.h>

#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "engine/lmdb/database.h"
#include "larder/core/error.h"
#include "larder/core/process.h"

namespace larder::lmdb {
namespace {

using Identity = std::pair<dev_t, ino_t>;

/// The open databases of this process. Never destroyed, since engines may outlive statics.
struct Registry {
  std::mutex mutex;
  std::map<Identity, std::weak_ptr<Database>> open;
  std::uint64_t forks = fork_generation();

  static Registry& get() {
    static auto* registry = [] {
      auto* made = new Registry;
      // A child gets the mutex free, whatever another thread was doing.
      pthread_atfork([] { get().mutex.lock(); }, [] { get().mutex.unlock(); },
                     [] { get().mutex.unlock(); });
      return made;
    }();
    return *registry;
  }
};

Identity identify(Io& io, const std::filesystem::path& path) {
  struct stat status{};
  if (const int result = io.stat(path, status); result < 0) {
    throw system_error(-result, "open " + path.string());
  }
  return {status.st_dev, status.st_ino};
}

/// Closes a database and only then lets it be opened again.
void retire(Database* database, Identity identity, std::uint64_t forks) {
  // In the child of a fork it is the parent's: its locks and reader slots must stay as they are.
  if (forks != fork_generation()) return;
  delete database;
  Registry& registry = Registry::get();
  const std::lock_guard lock(registry.mutex);
  registry.open.erase(identity);
}

}  // namespace

std::shared_ptr<Database> open_database(const LmdbOptions& options, const EngineHooks& hooks) {
  Registry& registry = Registry::get();
  create_directories(*hooks.io, options.path, directory_mode(options.mode));
  const Identity identity = identify(*hooks.io, options.path);
  for (;; std::this_thread::yield()) {
    const std::lock_guard lock(registry.mutex);
    if (registry.forks != fork_generation()) {
      registry.open.clear();
      registry.forks = fork_generation();
    }
    const auto found = registry.open.find(identity);
    if (found != registry.open.end()) {
      std::shared_ptr<Database> database = found->second.lock();
      if (!database) continue;  // being closed
      if (database->options().durability != options.durability) {
        throw Error(ErrorKind::invalid_argument,
                    options.path.string() + " is open in this process with another durability");
      }
      return database;
    }
    auto fresh = std::make_unique<Database>(options, hooks);
    std::shared_ptr<Database> database(
        fresh.release(),
        [identity, forks = fork_generation()](Database* gone) { retire(gone, identity, forks); });
    registry.open[identity] = database;
    return database;
  }
}

}  // namespace larder::lmdb
