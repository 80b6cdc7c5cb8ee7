// SPDX-License-Identifier: Apache-2.0
#include "compare/store.h"

#include <array>
#include <stdexcept>

namespace larder::bench {
namespace {

struct Known {
  std::string_view name;
  std::unique_ptr<Store> (*open)(const std::filesystem::path&);
};

constexpr std::array known{
    Known{subject_name,
          [](const std::filesystem::path& at) { return open_larder(at, Larder::consistent); }},
    Known{"larder-durable",
          [](const std::filesystem::path& at) { return open_larder(at, Larder::durable); }},
    Known{"larder-disposable",
          [](const std::filesystem::path& at) { return open_larder(at, Larder::disposable); }},
    Known{"lmdb-writemap",
          [](const std::filesystem::path& at) { return open_raw_lmdb(at, Lmdb::writable_map); }},
    Known{"lmdb-nosync",
          [](const std::filesystem::path& at) { return open_raw_lmdb(at, Lmdb::no_sync); }},
    Known{"lmdb-consistent",
          [](const std::filesystem::path& at) { return open_raw_lmdb(at, Lmdb::no_meta_sync); }},
    Known{"sqlite", [](const std::filesystem::path& at) { return open_raw_sqlite(at); }},
};

}  // namespace

std::vector<std::string> store_names() {
  std::vector<std::string> names;
  for (const Known& store : known) names.emplace_back(store.name);
  return names;
}

std::unique_ptr<Store> open_store(const std::string& name, const std::filesystem::path& folder) {
  for (const Known& store : known) {
    if (store.name == name) return store.open(folder);
  }
  throw std::invalid_argument("there is no store called " + name);
}

}  // namespace larder::bench
