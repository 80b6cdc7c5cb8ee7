// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "cli/transfer/diskcache_row.h"

struct sqlite3;
struct sqlite3_stmt;

namespace larder::cli {

/// What SQLite says when it fails.
class SqlError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A query, and where it stands.
class SqlQuery {
 public:
  SqlQuery(sqlite3* database, const std::string& text);

  /// Starts over, with the parameter set to `value`.
  void restart(std::int64_t value);
  /// Goes to the next row; returns false if there is none.
  /// @throws SqlError
  bool next();
  /// The value in a column of this row.
  [[nodiscard]] SqlValue value(int column) const;

 private:
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
};

/// A database of someone else, opened to be read as one moment has it: its schema runs no code,
/// and no value is longer than `longest_value`.
class SqlDatabase {
 public:
  static constexpr int longest_value = 256 << 20;

  /// @throws Error if it cannot be opened
  explicit SqlDatabase(const std::filesystem::path& path);

  /// @throws Error if the database is damaged or has no such columns
  [[nodiscard]] SqlQuery query(const std::string& text) const;

 private:
  struct Closer {
    void operator()(sqlite3* database) const noexcept;
  };
  void run(const char* text) const;

  std::filesystem::path path_;
  std::unique_ptr<sqlite3, Closer> database_;
};

}  // namespace larder::cli
