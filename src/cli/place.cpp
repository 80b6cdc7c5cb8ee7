// SPDX-License-Identifier: Apache-2.0
#include "cli/place.h"

#include <sys/stat.h>

#include <cerrno>
#include <string_view>

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
  const int found = Io::system().stat(folder / "data.mdb", status);
  // What may not be looked at may be there: opening it tells.
  return found == 0 || found == -EACCES;
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

Cache open_existing_store(const std::optional<std::string>& store, const Console& console) {
  const std::filesystem::path path = store ? store_path(*store) : default_store_path();
  if (!holds_store(path)) {
    throw Error(ErrorKind::not_supported, "there is no store in " + path.string());
  }
  return Cache::open({.path = path}, {.log = console.log_sink()});
}

Cache open_or_make_store(const std::string& store, const Console& console) {
  return Cache::open({.path = store_path(store)}, {.log = console.log_sink()});
}

}  // namespace larder::cli
