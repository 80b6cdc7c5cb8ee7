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

std::filesystem::path variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

std::filesystem::path default_store_path() {
  const std::filesystem::path store = variable("LARDER_STORE");
  if (!store.empty()) return store;
  // The specification of these directories says that a relative path is invalid.
  const std::filesystem::path cache = variable("XDG_CACHE_HOME");
  if (cache.is_absolute()) return cache / "larder" / "run";
  const std::filesystem::path home = variable("HOME");
  if (home.empty()) throw UsageError("there is no home directory: name a store with --store DIR");
  return home / ".cache" / "larder" / "run";
}

Cache open_run_store(const std::filesystem::path& path, const Console& console) {
  CacheOptions options{.path = path};
  // A command must not wait for long because others write.
  options.timeout = std::chrono::seconds{10};
  if (!holds_store(path)) {
    options.settings = {.max_bytes = 5_GiB, .eviction = Eviction::lru};
  }
  return Cache::open(options, {.log = console.log_sink()});
}

std::filesystem::path locks_of(const std::filesystem::path& store) { return store / "locks"; }

}  // namespace larder::cli
