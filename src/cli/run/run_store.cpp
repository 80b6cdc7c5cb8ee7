// SPDX-License-Identifier: Apache-2.0
#include "cli/run/run_store.h"

#include <pwd.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "cli/exit_code.h"
#include "cli/place.h"
#include "larder/core/literals.h"

namespace larder::cli {
namespace {

using namespace literals;

constexpr std::uint64_t max_files = 1'000'000;
constexpr std::uint64_t max_lists = 100'000;
// A page: less than that saves nothing on disk.
constexpr std::uint64_t compress_above_bytes = 4_KiB;
constexpr std::string_view files_cache = "files";
constexpr std::string_view lists_cache = "dependencies";

std::filesystem::path variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::filesystem::path home_directory() {
  std::filesystem::path home = variable("HOME");
  if (!home.empty()) return home;
  // Services and containers may have no such variable.
  const passwd* user = ::getpwuid(::getuid());
  return user == nullptr || user->pw_dir == nullptr ? "" : user->pw_dir;
}

EnginePtr open_engine(const std::filesystem::path& path, OpenMode mode, const LogSink& log) {
  // A command must not wait for long because others write.
  return open_lmdb({.path = path, .open_mode = mode, .timeout = std::chrono::seconds{10}},
                   {.log = log});
}

RunStore open_to_read(const std::filesystem::path& path, const LogSink& log) {
  const EnginePtr engine = open_engine(path, OpenMode::read_only, log);
  const CacheHooks hooks{.log = log};
  return {.engine = engine,
          .results = Cache(engine, {}, hooks),
          .files = Cache(engine, {}, hooks, as_bytes(files_cache)),
          .is_read_only = true};
}

// Limits a store that is new. One that holds values of somebody else stays as it is.
void limit_results(Cache& results) {
  const std::uint64_t max_bytes = results.settings().max_bytes.value_or(no_limit);
  if (max_bytes != no_limit || !results.empty()) return;
  results.change_settings({.max_bytes = 5_GiB, .eviction = Eviction::lru});
}

RunStore open_to_write(const std::filesystem::path& path, const LogSink& log) {
  const EnginePtr engine = open_engine(path, OpenMode::open_or_create, log);
  const CacheHooks hooks{.log = log};
  Cache results(engine, {.compress_above_bytes = compress_above_bytes}, hooks);
  Cache files(engine, {}, hooks, as_bytes(files_cache));
  // Set up last: a store where that is missing is new, or making it was cut short.
  if (files.settings().max_entries != max_files) {
    limit_results(results);
    files.change_settings({.max_entries = max_files, .eviction = Eviction::fifo});
  }
  return {.engine = engine, .results = std::move(results), .files = std::move(files)};
}

}  // namespace

std::filesystem::path default_store_path() {
  std::filesystem::path store = variable("LARDER_STORE");
  if (!store.empty()) return store;
  // The specification of these directories says that a relative path is invalid.
  const std::filesystem::path cache = variable("XDG_CACHE_HOME");
  if (cache.is_absolute()) return cache / "larder" / "run";
  const std::filesystem::path home = home_directory();
  if (home.empty())
    throw UsageError("there is no home directory: name a store, for example with LARDER_STORE");
  return home / ".cache" / "larder" / "run";
}

RunStore open_run_store(const std::filesystem::path& path, const Console& console) {
  // The command must not be drowned in words: a run that cannot keep its result says so, once.
  const LogSink log = console.log_sink(LogLevel::error);
  try {
    return open_to_write(path, log);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::denied || !holds_store(path)) throw;
  }
  return open_to_read(path, log);
}

Cache open_dependency_lists(const RunStore& store) {
  CacheSettings settings;
  if (!store.is_read_only) settings = {.max_entries = max_lists, .eviction = Eviction::lru};
  return Cache(store.engine, settings, {}, as_bytes(lists_cache));
}

std::filesystem::path locks_of(const std::filesystem::path& store) { return store / "locks"; }

}  // namespace larder::cli
