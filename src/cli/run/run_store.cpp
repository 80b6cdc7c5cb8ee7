// SPDX-License-Identifier: Apache-2.0
#include "cli/run/run_store.h"

#include <chrono>
#include <cstdlib>
#include <string>

#include "cli/exit_code.h"
#include "cli/place.h"
#include "larder/core/literals.h"

namespace larder::cli {
namespace {

using namespace literals;

constexpr std::uint64_t max_files = 1'000'000;

std::filesystem::path variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

std::filesystem::path default_store_path() {
  std::filesystem::path store = variable("LARDER_STORE");
  if (!store.empty()) return store;
  // The specification of these directories says that a relative path is invalid.
  const std::filesystem::path cache = variable("XDG_CACHE_HOME");
  if (cache.is_absolute()) return cache / "larder" / "run";
  const std::filesystem::path home = variable("HOME");
  if (home.empty()) throw UsageError("there is no home directory: name a store with --store DIR");
  return home / ".cache" / "larder" / "run";
}

RunStore open_run_store(const std::filesystem::path& path, const Console& console) {
  const bool is_new = !holds_store(path);
  // A command must not wait for long because others write.
  // Nor must it be drowned in words: a run that cannot keep its result says so itself, once.
  const LogSink log = console.log_sink(LogLevel::error);
  const EnginePtr engine =
      open_lmdb({.path = path, .timeout = std::chrono::seconds{10}}, {.log = log});
  const CacheHooks hooks{.log = log};
  CacheSettings results;
  if (is_new) results = {.max_bytes = 5_GiB, .eviction = Eviction::lru};
  return {.results = Cache(engine, results, hooks),
          .files = Cache(engine, {.max_entries = max_files, .eviction = Eviction::fifo}, hooks,
                         as_bytes("files"))};
}

std::filesystem::path locks_of(const std::filesystem::path& store) { return store / "locks"; }

}  // namespace larder::cli
