// SPDX-License-Identifier: Apache-2.0
#include <sqlite3.h>

#include <stdexcept>

#include "compare/store.h"

namespace larder::bench {
namespace {

constexpr int busy_milliseconds = 60'000;

class SqliteStore final : public Store {
 public:
  explicit SqliteStore(const std::filesystem::path& file) {
    check(sqlite3_open(file.c_str(), &db_), "open");
    check(sqlite3_busy_timeout(db_, busy_milliseconds), "set the timeout");
    run("PRAGMA journal_mode = WAL");
    run("PRAGMA synchronous = NORMAL");
    run("CREATE TABLE IF NOT EXISTS cache (key TEXT PRIMARY KEY, value BLOB NOT NULL)");
    put_ = prepare(
        "INSERT INTO cache VALUES (?1, ?2) "
        "ON CONFLICT (key) DO UPDATE SET value = excluded.value");
    get_ = prepare("SELECT value FROM cache WHERE key = ?1");
    erase_ = prepare("DELETE FROM cache WHERE key = ?1");
  }
  SqliteStore(const SqliteStore&) = delete;
  SqliteStore& operator=(const SqliteStore&) = delete;
  ~SqliteStore() override {
    for (sqlite3_stmt* statement : {put_, get_, erase_}) sqlite3_finalize(statement);
    sqlite3_close(db_);
  }

  void put(const std::string& key, const Bytes& value) override {
    bind(put_, key);
    sqlite3_bind_blob64(put_, 2, value.data(), value.size(), SQLITE_STATIC);
    step(put_, SQLITE_DONE, "write");
  }

  std::optional<Bytes> get(const std::string& key) override {
    bind(get_, key);
    const int code = sqlite3_step(get_);
    std::optional<Bytes> value;
    if (code == SQLITE_ROW) {
      const auto* from = static_cast<const std::byte*>(sqlite3_column_blob(get_, 0));
      value.emplace(from, from + sqlite3_column_bytes(get_, 0));
    }
    sqlite3_reset(get_);
    if (code != SQLITE_ROW && code != SQLITE_DONE) fail("read");
    return value;
  }

  bool erase(const std::string& key) override {
    bind(erase_, key);
    step(erase_, SQLITE_DONE, "erase");
    return sqlite3_changes(db_) > 0;
  }

  void flush() override { run("PRAGMA wal_checkpoint(PASSIVE)"); }

 private:
  [[noreturn]] void fail(const char* what) const {
    throw std::runtime_error(std::string("sqlite: ") + what + ": " + sqlite3_errmsg(db_));
  }
  void check(int code, const char* what) const {
    if (code != SQLITE_OK) fail(what);
  }
  void run(const char* sql) const { check(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr), sql); }

  sqlite3_stmt* prepare(const char* sql) const {
    sqlite3_stmt* statement = nullptr;
    check(sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr), sql);
    return statement;
  }

  static void bind(sqlite3_stmt* statement, const std::string& key) {
    sqlite3_bind_text64(statement, 1, key.data(), key.size(), SQLITE_STATIC, SQLITE_UTF8);
  }

  void step(sqlite3_stmt* statement, int expected, const char* what) const {
    const int code = sqlite3_step(statement);
    sqlite3_reset(statement);
    if (code != expected) fail(what);
  }

  sqlite3* db_ = nullptr;
  sqlite3_stmt* put_ = nullptr;
  sqlite3_stmt* get_ = nullptr;
  sqlite3_stmt* erase_ = nullptr;
};

}  // namespace

std::unique_ptr<Store> open_raw_sqlite(const std::filesystem::path& folder) {
  return std::make_unique<SqliteStore>(folder / "cache.sqlite");
}

}  // namespace larder::bench
