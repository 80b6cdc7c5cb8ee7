// SPDX-License-Identifier: Apache-2.0
#include "cli/transfer/diskcache.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/transfer/diskcache_row.h"
#include "cli/transfer/sqlite.h"
#include "cli/transfer/value_folder.h"
#include "larder/core/error.h"
#include "larder/core/io.h"

namespace larder::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* database_name = "cache.db";
constexpr int guess_rows = 100;

bool is_there(const fs::path& path) {
  struct stat status = {};
  return Io::system().stat(path, status) == 0;
}

bool is_shard_name(std::string_view name) {
  return name.size() >= 3 && std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
}

// The folder itself, or its shards if it is one of a FanoutCache.
std::vector<fs::path> find_shards(const fs::path& folder) {
  if (is_there(folder / database_name)) return {folder};
  std::vector<fs::path> shards;
  const int result = Io::system().list(folder, [&](std::string_view name) {
    if (is_shard_name(name)) shards.push_back(folder / name);
  });
  if (result < 0) throw system_error(result, "cannot read " + folder.string());
  std::ranges::sort(shards);
  if (shards.empty()) {
    throw Error(ErrorKind::not_supported, folder.string() +
                                              " is no directory of diskcache: there is neither " +
                                              database_name + " nor 000 in it");
  }
  return shards;
}

void warn_of_others(const fs::path& folder, const std::vector<fs::path>& shards,
                    const Console& console) {
  for (std::size_t i = 0; i < shards.size(); ++i) {
    const std::string number = std::to_string(i);
    const std::string name = std::string(3 - std::min<std::size_t>(3, number.size()), '0') + number;
    if (shards.front() == folder || shards[i].filename() == name) continue;
    console.warn("shard " + name + " is missing: its entries are lost");
    break;
  }
  for (const char* name : {"cache", "deque", "index"}) {
    if (is_there(folder / name)) {
      console.warn((folder / name).string() + " holds caches of their own: import each of them");
    }
  }
}

/// One database, read in one snapshot.
class Shard {
 public:
  explicit Shard(const fs::path& folder)
      : folder_(folder),
        path_(folder),
        database_(folder / database_name),
        row_(database_.query("SELECT key, raw, expire_time, tag, size, mode, filename, value "
                             "FROM Cache WHERE rowid = ?")) {
    SqlQuery table = database_.query(
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'Cache' "
        "AND sql LIKE 'CREATE TABLE%'");
    if (table.next()) return;
    throw Error(ErrorKind::not_supported,
                "the database in " + folder.string() + " has no table of diskcache");
  }

  [[nodiscard]] DiskKind guess() {
    int seen = 0;
    try {
      SqlQuery ids = database_.query("SELECT rowid FROM Cache ORDER BY rowid");
      for (; seen < guess_rows && ids.next(); ++seen) {
        if (!has_json_key(read(id_of(ids)))) return DiskKind::plain;
      }
    } catch (const std::runtime_error&) {
      // What is damaged is told when it is read.
      return DiskKind::plain;
    }
    return seen > 0 ? DiskKind::json : DiskKind::plain;
  }

  void read_all(DiskKind kind, Intake& intake, const Console& console) {
    SqlQuery ids = database_.query("SELECT rowid FROM Cache ORDER BY rowid");
    try {
      while (ids.next()) {
        take(id_of(ids), kind, intake);
        constexpr std::uint64_t now_and_then = 1024;
        if (intake.seen() % now_and_then == 0) {
          console.progress(std::to_string(intake.seen()) + " entries");
        }
      }
    } catch (const SqlError& error) {
      intake.refuse("the rest of " + path_.string(), {Refusal::damaged, error.what()});
    }
    intake.flush();
  }

  [[nodiscard]] SqlValue setting(const std::string& name) const {
    SqlQuery settings = database_.query("SELECT value FROM Settings WHERE key = '" + name + "'");
    return settings.next() ? settings.value(0) : SqlValue();
  }

 private:
  static std::int64_t id_of(const SqlQuery& ids) {
    const SqlValue id = ids.value(0);
    return std::holds_alternative<std::int64_t>(id) ? std::get<std::int64_t>(id) : 0;
  }

  DiskcacheRow read(std::int64_t id) {
    row_.restart(id);
    if (!row_.next()) throw RefusedEntry(Refusal::damaged, "it is listed but not there");
    return {.key = row_.value(0),
            .raw = row_.value(1),
            .expire_time = row_.value(2),
            .tag = row_.value(3),
            .size = row_.value(4),
            .mode = row_.value(5),
            .filename = row_.value(6),
            .value = row_.value(7)};
  }

  void take(std::int64_t id, DiskKind kind, Intake& intake) {
    std::string name = "entry " + std::to_string(id);
    try {
      DiskcacheRow row = read(id);
      name = show_row_key(row, kind);
      intake.add(to_incoming(std::move(row), kind, folder_));
    } catch (const SqlError& error) {
      intake.refuse(name, {Refusal::damaged, error.what()});
    } catch (const RefusedEntry& refused) {
      intake.refuse(name, refused);
    }
  }

  ValueFolder folder_;
  fs::path path_;
  SqlDatabase database_;
  SqlQuery row_;
};

std::string policy_name(const SqlValue& value) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> names = {
      {{"least-recently-stored", "fifo"},
       {"least-recently-used", "lru"},
       {"least-frequently-used", "lfu"},
       {"none", "none"}}};
  const auto* text = std::get_if<std::string>(&value);
  for (const auto& [theirs, ours] : names) {
    if (text != nullptr && *text == theirs) return std::string(ours);
  }
  return {};
}

}  // namespace

DiskcacheLimits read_diskcache(const fs::path& directory, DiskKind kind, Intake& intake,
                               const Console& console) {
  std::error_code error;
  const fs::path folder = fs::canonical(directory, error);
  if (error) throw system_error(error.value(), "cannot open " + directory.string());
  const std::vector<fs::path> shards = find_shards(folder);
  warn_of_others(folder, shards, console);
  DiskcacheLimits limits;
  for (const fs::path& path : shards) {
    Shard shard(path);
    const DiskKind known = kind == DiskKind::guess ? shard.guess() : kind;
    shard.read_all(known, intake, console);
    const SqlValue bytes = shard.setting("size_limit");
    if (const auto* limit = std::get_if<std::int64_t>(&bytes); limit != nullptr && *limit > 0) {
      limits.max_bytes = limits.max_bytes.value_or(0) + static_cast<std::uint64_t>(*limit);
    }
    limits.eviction = policy_name(shard.setting("eviction_policy"));
  }
  console.progress("");
  return limits;
}

}  // namespace larder::cli
