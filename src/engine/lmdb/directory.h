// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "larder/engine/options.h"

namespace larder::lmdb {

/// Permission bits of a directory whose files have `file_mode`.
[[nodiscard]] mode_t directory_mode(mode_t file_mode) noexcept;

/// Whether there is a database in `directory`.
[[nodiscard]] bool holds_database(Io& io, const std::filesystem::path& directory);

/// @throws Error `invalid_argument` unless there is a database as `options.open_mode` asks for
void check_open_mode(Io& io, const LmdbOptions& options);

/// Looks at a directory that is there.
/// @throws Error `not_supported` on a network file system, `denied` if everybody may replace what
/// is in it, or if what should be a file of the database is none
void check_place(Io& io, const LmdbOptions& options);

/// Space that the files in `directory` take on the device.
[[nodiscard]] std::uint64_t disk_bytes_in(Io& io, const std::filesystem::path& directory);

/// Creates `file` if it is missing, with exactly `mode`.
void ensure_file(Io& io, const std::filesystem::path& file, mode_t mode);

/// The directory of a database and the two locks that order opening and closing between processes:
/// `lock` is held while someone opens or closes, `users` is held, shared, by all who have it open.
/// The kernel releases both when a process dies.
class DirectoryLock {
 public:
  /// Creates the directory if need be and takes both locks, `users` exclusively if that is
  /// possible.
  /// @throws Error as `check_open_mode()` and `check_place()`, `unavailable`
  DirectoryLock(const LmdbOptions& options, const EngineHooks& hooks);

  /// Whether nobody else has it open. Holds until `opened()`.
  [[nodiscard]] bool is_sole() const noexcept { return sole_; }
  /// The file by which others see who has it open.
  [[nodiscard]] int users() const noexcept { return users_.fd(); }
  /// Lets others open it too.
  void opened();
  /// Keeps others from opening it. Returns whether nobody else has it open.
  bool closing();

  ~DirectoryLock();

 private:
  void take_lock();
  /// Takes `users` exclusively if nobody else has it.
  [[nodiscard]] bool lock_alone() const;

  Io& io_;
  std::chrono::milliseconds timeout_;
  std::filesystem::path path_;
  File lock_;
  File users_;
  bool sole_ = false;
};

/// The names of the two files of segment `number`.
[[nodiscard]] std::string log_name(std::size_t number);
[[nodiscard]] std::string index_name(std::size_t number);

/// Removes the indexes of the log, which serve nobody who has the database to himself.
void remove_index_files(Io& io, const std::filesystem::path& directory);
/// Removes the log, which has reached LMDB.
void remove_log_files(Io& io, const std::filesystem::path& directory);
/// Removes all that a database keeps in `directory`, but not what structures keep there.
void remove_database(Io& io, const std::filesystem::path& directory);

}  // namespace larder::lmdb
