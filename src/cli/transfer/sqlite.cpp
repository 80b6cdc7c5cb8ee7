// SPDX-License-Identifier: Apache-2.0
#include "cli/transfer/sqlite.h"

#include <fcntl.h>
#include <sqlite3.h>

#include <cstring>

#include "larder/core/error.h"
#include "larder/core/io.h"

namespace larder::cli {
namespace {

constexpr int patience_ms = 10'000;

std::string message_of(sqlite3* database) {
  return database == nullptr ? "out of memory" : ::sqlite3_errmsg(database);
}

// SQLite follows links and opens pipes: what is opened has to be a plain file.
void expect_file(const std::filesystem::path& path, bool must_exist) {
  const int fd = Io::system().open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
  if (fd == -ENOENT && !must_exist) return;
  const File file(Io::system(), fd);
  struct stat status = {};
  if (fd < 0 || Io::system().fstat(fd, status) < 0 || !S_ISREG(status.st_mode)) {
    throw Error(ErrorKind::denied, path.string() + " is not a plain file: it is not opened");
  }
}

}  // namespace

void SqlQuery::Finalizer::operator()(sqlite3_stmt* statement) const noexcept {
  ::sqlite3_finalize(statement);
}

SqlQuery::SqlQuery(sqlite3* database, const std::string& text) {
  sqlite3_stmt* statement = nullptr;
  const int result = ::sqlite3_prepare_v2(database, text.c_str(), -1, &statement, nullptr);
  statement_.reset(statement);
  if (result != SQLITE_OK) throw SqlError(message_of(database));
}

void SqlQuery::restart(std::int64_t value) {
  ::sqlite3_reset(statement_.get());
  ::sqlite3_bind_int64(statement_.get(), 1, value);
}

bool SqlQuery::next() {
  const int result = ::sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  throw SqlError(message_of(::sqlite3_db_handle(statement_.get())));
}

SqlValue SqlQuery::value(int column) const {
  sqlite3_stmt* statement = statement_.get();
  switch (::sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return std::int64_t{::sqlite3_column_int64(statement, column)};
    case SQLITE_FLOAT:
      return ::sqlite3_column_double(statement, column);
    case SQLITE_TEXT: {
      const auto* text = reinterpret_cast<const char*>(::sqlite3_column_text(statement, column));
      const auto size = static_cast<std::size_t>(::sqlite3_column_bytes(statement, column));
      if (text == nullptr) throw SqlError("out of memory");
      return std::string(text, size);
    }
    case SQLITE_BLOB: {
      const auto* data = static_cast<const std::byte*>(::sqlite3_column_blob(statement, column));
      const auto size = static_cast<std::size_t>(::sqlite3_column_bytes(statement, column));
      return data == nullptr ? Bytes() : Bytes(data, data + size);
    }
    default:
      return std::monostate();
  }
}

void SqlDatabase::Closer::operator()(sqlite3* database) const noexcept {
  ::sqlite3_close(database);
}

SqlDatabase::SqlDatabase(const std::filesystem::path& path) : path_(path) {
  expect_file(path, true);
  expect_file(path.string() + "-wal", false);
  expect_file(path.string() + "-journal", false);
  sqlite3* database = nullptr;
  const int result = ::sqlite3_open_v2(path.c_str(), &database,
                                       SQLITE_OPEN_READONLY | SQLITE_OPEN_NOFOLLOW, nullptr);
  database_.reset(database);
  if (result != SQLITE_OK) {
    throw Error(ErrorKind::not_supported,
                "cannot open " + path.string() + ": " + message_of(database));
  }
  ::sqlite3_busy_timeout(database, patience_ms);
  ::sqlite3_limit(database, SQLITE_LIMIT_LENGTH, longest_value);
  int is_set = 0;
  ::sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, &is_set);
  ::sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, &is_set);
  ::sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_VIEW, 0, &is_set);
  ::sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, &is_set);
  run("PRAGMA cell_size_check = ON");
  run("PRAGMA mmap_size = 0");
  run("BEGIN");
}

SqlQuery SqlDatabase::query(const std::string& text) const {
  try {
    return {database_.get(), text};
  } catch (const SqlError& error) {
    throw Error(ErrorKind::corrupt,
                path_.string() + " is no database of diskcache, or damaged: " + error.what());
  }
}

void SqlDatabase::run(const char* text) const {
  if (::sqlite3_exec(database_.get(), text, nullptr, nullptr, nullptr) != SQLITE_OK) {
    throw Error(ErrorKind::corrupt, path_.string() + ": " + message_of(database_.get()));
  }
}

}  // namespace larder::cli
