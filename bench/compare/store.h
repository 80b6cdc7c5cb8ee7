// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/report.h"
#include "larder/core/bytes.h"

namespace larder::bench {

/// One of the things that are compared, as a program would use it. Its functions are all that is
/// timed.
class Store {
 public:
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  virtual ~Store() = default;

  virtual void put(const std::string& key, const Bytes& value) = 0;
  virtual std::optional<Bytes> get(const std::string& key) = 0;
  virtual bool erase(const std::string& key) = 0;

  /// Waits until what was written is on the device.
  virtual void flush() = 0;
};

/// What `open_store()` knows.
[[nodiscard]] std::vector<std::string> store_names();

/// Opens the store called `name` in `folder`, which other processes may have open, too.
[[nodiscard]] std::unique_ptr<Store> open_store(const std::string& name,
                                                const std::filesystem::path& folder);

enum class Larder { durable, consistent, disposable };
[[nodiscard]] std::unique_ptr<Store> open_larder(const std::filesystem::path& folder, Larder level);

/// How raw LMDB writes.
enum class Lmdb { writable_map, no_sync, no_meta_sync };
/// LMDB with the tables that a cache needs: records, the order in which they came, counters.
[[nodiscard]] std::unique_ptr<Store> open_raw_lmdb(const std::filesystem::path& folder, Lmdb mode);

/// SQLite with one table, a write-ahead log and prepared statements.
[[nodiscard]] std::unique_ptr<Store> open_raw_sqlite(const std::filesystem::path& folder);

}  // namespace larder::bench
