// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cache/files/file_ref.h"
#include "cache/files/in_flight.h"
#include "cache/files/new_file.h"
#include "cache/files/open_file.h"
#include "larder/core/function_ref.h"
#include "larder/core/io.h"
#include "larder/core/mutex.h"
#include "larder/engine/engine.h"

namespace larder::detail {

/// What `FileStore::look_at()` tells.
enum class FileState {
  missing,
  in_making,  ///< Someone has it locked: no record names it yet.
  leaving,    ///< An update of this thread, not yet committed, has taken its record away.
  settled,    ///< A record names it, or a crash left it over.
};

/// The files that hold the long values of one cache, in 256 directories below one that belongs to
/// it. A file is written once under a random name, before the update that makes a record name it,
/// and removed after the update that takes the last such record away.
///
/// Nothing below the directory is reached through a symbolic link, and nothing is used that another
/// user could have put there.
///
/// Thread-safe.
class FileStore : public std::enable_shared_from_this<FileStore> {
 public:
  /// `name` is a file name.
  FileStore(Engine& engine, Io& io, const std::string& name);
  FileStore(const FileStore&) = delete;
  FileStore& operator=(const FileStore&) = delete;

  /// Whether the engine has a directory where files can be.
  [[nodiscard]] bool is_available() const noexcept { return !path_.empty(); }

  /// A new file, to be written and finished.
  /// @throws Error `full`, `denied`
  [[nodiscard]] std::shared_ptr<NewFile> create();

  /// Opens the file of `ref`. Returns nothing if there is none.
  /// @throws Error `corrupt` if it is not what `ref` says
  [[nodiscard]] std::optional<OpenFile> open(const FileRef& ref);

  /// Reads the file of `ref` into `content`, behind `head_bytes` bytes of any value. Returns false
  /// if there is none.
  /// @throws Error `corrupt` if it is damaged
  [[nodiscard]] bool load(const FileRef& ref, std::size_t head_bytes, Bytes& content);

  /// Takes over the file of `ref` from `source`, under the same name: a second name for it where
  /// the file system can, else a copy. Waits for the device. Returns whether there was one.
  bool take_over(FileStore& source, const FileRef& ref);

  /// Has the finished file `name` reach the device before the update does, unless it is there
  /// already or need not be.
  void bring_along(WriteTxn& txn, std::uint64_t name) const;

  /// Removes the file `name` once the outermost update has been committed and would survive a power
  /// cut: a value must not go before the news that it went.
  void remove_at_end(WriteTxn& txn, std::uint64_t name);

  /// Waits until the files are gone that `remove_at_end` removes for updates committed so far: the
  /// device is full.
  void finish_removals() { engine_.sync(); }

  /// Removes the file `name` now, if it is there.
  void remove(std::uint64_t name) noexcept;
  /// Removes the file `name` unless someone is just making it. Returns whether it did.
  bool remove_leftover(std::uint64_t name);
  /// What there is of the file `name`.
  [[nodiscard]] FileState look_at(std::uint64_t name);

  /// Calls `visit` for each file, and `stranger` with the path of what is no value file.
  void list(FunctionRef<void(std::uint64_t name)> visit,
            FunctionRef<void(const std::string& path)> stranger);

  /// What it was made with.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] InFlight& in_flight() noexcept { return in_flight_; }
  [[nodiscard]] Io& io() const noexcept { return io_; }
  [[nodiscard]] std::filesystem::path path_of(std::uint64_t name) const;
  /// Waits until the new file `name`, open as `fd`, would survive a power cut, if that is asked
  /// for.
  void make_durable(std::uint64_t name, int fd);

 private:
  enum class Missing { leave, make };

  [[nodiscard]] int root(Missing missing);
  [[nodiscard]] File open_root(Missing missing);
  [[nodiscard]] FileNote note_of(std::uint64_t name);
  void check_root(const File& root);
  /// The directory that the file `name` is in; closed if it is missing.
  [[nodiscard]] File bucket(std::uint64_t name, Missing missing);
  [[nodiscard]] int open_name(std::uint64_t name, int flags);
  [[nodiscard]] FileState try_lock(std::uint64_t name, File& file);

  Engine& engine_;
  Io& io_;
  EnginePlace place_;
  std::string name_;
  std::filesystem::path path_;
  InFlight in_flight_;
  Mutex opening_;
  File root_file_ LARDER_GUARDED_BY(opening_);
  std::atomic<int> root_ = -1;  // the descriptor of root_file_
};

}  // namespace larder::detail
