// SPDX-License-Identifier: Apache-2.0
//
// LMDB breaks if one process opens a file twice: all handles on one directory share one Database.
#include <fcntl.h>
#include <pthread.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

#include "engine/backoff.h"
#include "engine/lmdb/database.h"
#include "engine/lmdb/presence.h"
#include "engine/lmdb/read_only.h"
#include "larder/core/error.h"
#include "larder/core/process.h"

namespace larder::lmdb {
namespace {

using Identity = std::pair<dev_t, ino_t>;

/// The open databases of this process. Never destroyed, since engines may outlive statics.
struct Registry {
  std::mutex mutex;
  std::map<Identity, std::weak_ptr<Database>> open;
  std::map<Identity, std::weak_ptr<ReadOnlyDatabase>> read_only;
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

/// In the child of a fork nothing is open.
void forget_parent(Registry& registry) {
  if (registry.forks == fork_generation()) return;
  registry.open.clear();
  registry.read_only.clear();
  registry.forks = fork_generation();
}

template <typename Kind>
std::map<Identity, std::weak_ptr<Kind>>& open_ones(Registry& registry) {
  if constexpr (std::is_same_v<Kind, Database>) {
    return registry.open;
  } else {
    return registry.read_only;
  }
}

Identity identify(Io& io, const std::filesystem::path& path) {
  struct stat status{};
  if (const int result = io.stat(path, status); result < 0) {
    throw system_error(-result, "open " + path.string());
  }
  return {status.st_dev, status.st_ino};
}

/// An open database; closes it and only then lets it be opened again.
template <typename Kind>
struct Opened {
  Identity identity;
  std::uint64_t forks = fork_generation();
  std::unique_ptr<Kind> database = nullptr;  // null before it was opened

  explicit Opened(Identity where) : identity(std::move(where)) {}
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  ~Opened() {
    if (!database) return;
    // In the child of a fork it is the parent's: its locks and reader slots must stay as they are.
    if (forks != fork_generation()) {
      static_cast<void>(database.release());
      return;
    }
    database.reset();
    Registry& registry = Registry::get();
    const std::lock_guard lock(registry.mutex);
    open_ones<Kind>(registry).erase(identity);
  }
};

/// Opens a database that this process does not have open so.
template <typename Kind>
std::shared_ptr<Kind> add(Registry& registry, Identity identity, const LmdbOptions& options,
                          const EngineHooks& hooks) {
  auto fresh = std::make_unique<Kind>(options, hooks);
  const auto opened = std::make_shared<Opened<Kind>>(identity);
  std::weak_ptr<Kind>& place = open_ones<Kind>(registry)[identity];
  // Nothing fails from here on: it is open and known, or neither.
  opened->database = std::move(fresh);
  std::shared_ptr<Kind> database(opened, opened->database.get());
  place = database;
  return database;
}

/// What the registry knows of one kind of database.
template <typename Kind>
struct Known {
  std::shared_ptr<Kind> database = nullptr;
  bool is_closing = false;  ///< In another thread: wait.
};

template <typename Kind>
Known<Kind> look_up(Registry& registry, Identity identity) {
  const auto& all = open_ones<Kind>(registry);
  const auto found = all.find(identity);
  if (found == all.end()) return {};
  Known<Kind> known{.database = found->second.lock()};
  known.is_closing = known.database == nullptr;
  return known;
}

/// The one that this process has open already.
void check_known(Database& database, const LmdbOptions& options, const EngineHooks& hooks) {
  check_open_mode(*hooks.io, options);
  database.look_for_place();
  if (database.options().durability != options.durability) {
    throw Error(ErrorKind::invalid_argument,
                options.path.string() + " is open in this process with another durability");
  }
}

/// Waits for another thread of this process that closes the database at `path`, and lets it know,
/// so that it takes no more time than it must.
class ClosingWait {
 public:
  ClosingWait(Io& io, std::filesystem::path path, std::chrono::milliseconds timeout)
      : io_(io), path_(std::move(path)), backoff_(timeout) {}

  /// @throws Error `unavailable`
  void wait() {
    if (!mark_) announce();
    if (backoff_.wait()) return;
    throw Error(ErrorKind::unavailable, "another thread is still closing " + path_.string());
  }

 private:
  void announce() {
    const int fd = io_.open(path_ / "users", O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0);
    if (fd < 0) return;  // who may only read just waits
    users_ = File(io_, fd);
    mark_.emplace(io_, users_.fd());
  }

  Io& io_;
  std::filesystem::path path_;
  Backoff backoff_;
  File users_;
  std::optional<WaitingToOpen> mark_;  // goes before the file
};

}  // namespace

std::shared_ptr<Database> open_database(const LmdbOptions& options, const EngineHooks& hooks) {
  Registry& registry = Registry::get();
  check_open_mode(*hooks.io, options);
  create_directories(*hooks.io, options.path, directory_mode(options.mode));
  const Identity identity = identify(*hooks.io, options.path);
  for (ClosingWait closing(*hooks.io, options.path, options.timeout);; closing.wait()) {
    Known<Database> writer;  // both go after the lock
    Known<ReadOnlyDatabase> reader;
    const std::lock_guard lock(registry.mutex);
    forget_parent(registry);
    writer = look_up<Database>(registry, identity);
    if (writer.database) {
      check_known(*writer.database, options, hooks);
      return writer.database;
    }
    reader = look_up<ReadOnlyDatabase>(registry, identity);
    if (writer.is_closing || reader.is_closing) continue;
    if (reader.database) reader.database->make_way();
    return add<Database>(registry, identity, options, hooks);
  }
}

std::shared_ptr<ReadOnlyDatabase> open_read_only(const LmdbOptions& options,
                                                 const EngineHooks& hooks) {
  Registry& registry = Registry::get();
  check_open_mode(*hooks.io, options);
  const Identity identity = identify(*hooks.io, options.path);
  for (ClosingWait closing(*hooks.io, options.path, options.timeout);; closing.wait()) {
    const std::lock_guard lock(registry.mutex);
    forget_parent(registry);
    const Known<ReadOnlyDatabase> known = look_up<ReadOnlyDatabase>(registry, identity);
    if (known.database) return known.database;
    if (!known.is_closing) return add<ReadOnlyDatabase>(registry, identity, options, hooks);
  }
}

void look_for_writer(ReadOnlyDatabase& reader) {
  Registry& registry = Registry::get();
  const Identity identity = identify(*reader.hooks().io, reader.options().path);
  ClosingWait closing(*reader.hooks().io, reader.options().path, reader.options().timeout);
  for (;; closing.wait()) {
    Known<Database> writer;  // goes after the lock
    const std::lock_guard lock(registry.mutex);
    writer = look_up<Database>(registry, identity);
    if (writer.is_closing) continue;
    if (writer.database) {
      reader.look_through(writer.database);
    } else {
      reader.look_alone();
    }
    return;
  }
}

}  // namespace larder::lmdb
