// SPDX-License-Identifier: Apache-2.0
#include "cli/place.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <vector>

#include "cli/exit_code.h"
#include "cli/run/run_store.h"
#include "larder/core/io.h"

namespace larder::cli {
namespace {

// "lmdb" of "lmdb:cache", nothing of a path: no folder is called for a scheme by accident, and
// "./lmdb:cache" is always a path.
std::string_view scheme_of(std::string_view store) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789+-";
  const std::size_t size = store.find_first_not_of(letters);
  const bool is_scheme = size != std::string_view::npos && size > 1 && store[size] == ':';
  return is_scheme ? store.substr(0, size) : std::string_view{};
}

}  // namespace

bool holds_store(const std::filesystem::path& folder) {
  struct stat status = {};
  // What may not be looked at may be there: opening it tells. A store in shards has a file of its
  // own.
  for (const char* name : {"data.mdb", "shards"}) {
    const int found = Io::system().stat(folder / name, status);
    if (found == 0 || found == -EACCES) return true;
  }
  return false;
}

std::filesystem::path store_path(const std::string& store) {
  if (store.empty()) throw UsageError("the name of the store is empty");
  const std::string_view scheme = scheme_of(store);
  if (scheme.empty()) return store;
  std::string path = store.substr(scheme.size() + 1);
  if (scheme == "memory") {
    throw UsageError("a store in memory is gone when the command ends: name a directory");
  }
  if (scheme != "lmdb") {
    throw UsageError("there is no kind of store '" + std::string(scheme) +
                     "': write a directory or lmdb:DIRECTORY");
  }
  if (path.starts_with("//")) path = path.substr(2);
  if (path.empty()) throw UsageError("'" + store + "' names no directory");
  return path;
}

namespace {

// What STORE says: a directory, and after its last '#' the name of a cache within, if any.
struct Place {
  std::filesystem::path path;
  std::string within;
};

Place place_of(const std::string& store) {
  const std::size_t hash = store.rfind('#');
  if (hash == std::string::npos || holds_store(store_path(store))) return {store_path(store), {}};
  if (hash + 1 == store.size()) throw UsageError("'" + store + "' names no cache after the #");
  return {store_path(store.substr(0, hash)), store.substr(hash + 1)};
}

bool has_within(Cache cache, std::string_view name) {
  for (;;) {
    const std::size_t slash = name.find('/');
    const std::string first(name.substr(0, slash));
    const std::vector<std::string> names = cache.subs();
    if (std::ranges::find(names, first) == names.end()) return false;
    if (slash == std::string_view::npos) return true;
    cache = cache.sub(first);
    name = name.substr(slash + 1);
  }
}

Place existing_place(const std::optional<std::string>& store) {
  Place place = store ? place_of(*store) : Place{default_store_path(), {}};
  if (!holds_store(place.path)) {
    throw Error(ErrorKind::not_supported, "there is no store in " + place.path.string());
  }
  return place;
}

Cache open_place(const Place& place, const Console& console, OpenMode mode) {
  Cache cache = Cache::open({.path = place.path, .open_mode = mode}, {.log = console.log_sink()});
  if (place.within.empty()) return cache;
  if (!has_within(cache, place.within)) {
    throw Error(ErrorKind::not_supported,
                "there is no cache '" + place.within + "' within " + place.path.string());
  }
  return cache.sub(place.within);
}

}  // namespace

std::filesystem::path directory_of(const std::string& store) { return place_of(store).path; }

std::filesystem::path existing_store_path(const std::optional<std::string>& store,
                                          const Console& console) {
  const Place place = existing_place(store);
  if (place.within.empty()) return place.path;
  try {
    static_cast<void>(open_place(place, console, OpenMode::read_only));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::corrupt) throw;
  }
  return place.path;
}

std::vector<std::filesystem::path> databases_of(const std::filesystem::path& path) {
  std::vector<std::filesystem::path> found;
  struct stat status = {};
  if (Io::system().stat(path / "shards", status) < 0) return {path};
  const int result = Io::system().list(path, [&](std::string_view name) {
    const bool is_number =
        name.size() == 3 && name.find_first_not_of("0123456789") == std::string_view::npos;
    if (is_number && holds_store(path / name)) found.push_back(path / name);
  });
  if (result < 0) throw system_error(result, "cannot list " + path.string());
  std::ranges::sort(found);
  return found;
}

Cache open_existing_store(const std::optional<std::string>& store, const Console& console,
                          OpenMode mode) {
  return open_place(existing_place(store), console, mode);
}

Cache open_or_make_store(const std::string& store, const Console& console) {
  const Place place = place_of(store);
  Cache cache = Cache::open({.path = place.path}, {.log = console.log_sink()});
  return place.within.empty() ? cache : cache.sub(place.within);
}

void create_store(const std::string& store, const CacheSettings& settings,
                  std::optional<std::uint32_t> shards, const Console& console) {
  const Place place = place_of(store);
  CacheOptions options{.path = place.path, .shards = shards};
  if (place.within.empty()) {
    options.settings = settings;
    options.open_mode = OpenMode::create;
    static_cast<void>(Cache::open(options, {.log = console.log_sink()}));
    return;
  }
  if (shards) throw UsageError("--shards is for a whole store, not for a cache within");
  Cache cache = Cache::open(options, {.log = console.log_sink()});
  if (has_within(cache, place.within)) {
    throw Error(ErrorKind::invalid_argument, "there is a cache '" + place.within + "' within " +
                                                 place.path.string() + " already");
  }
  static_cast<void>(cache.sub(place.within, settings));
}

}  // namespace larder::cli
