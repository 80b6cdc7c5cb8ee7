// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "cache/files/file_ref.h"
#include "cache/files/in_flight.h"
#include "larder/core/io.h"

namespace larder::detail {

class FileStore;

/// A value file that is being made. It stays only if `keep()` is called before this object goes;
/// until then it is locked, so that a sweep lets it be, and noted, so that a sweep finds it if this
/// process dies.
///
/// Not thread-safe.
class NewFile {
 public:
  /// `file` is new, empty and locked.
  NewFile(std::shared_ptr<FileStore> store, std::uint64_t name, FileNote note, File file);
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile();

  /// Appends to the content.
  /// @throws Error `full` or another kind; the file is of no use then
  void write(BytesView data);
  /// Ends the content and, with `Durability::durable`, waits for the device.
  void finish();
  /// What the record has to hold, once it is finished.
  [[nodiscard]] const FileRef& ref() const noexcept { return ref_; }

  /// Gives the lock back. Within an update: no sweep runs beside one.
  void unlock() noexcept { file_.close(); }

  /// A record with `ref()` is committed.
  void keep() noexcept { is_kept_ = true; }

 private:
  void append_to_file(BytesView data, std::uint64_t offset);
  void end_block(BytesView block);

  std::shared_ptr<FileStore> store_;
  FileNote note_;
  File file_;
  FileRef ref_;
  Bytes block_;  // the part of the content that has no checksum yet
  Bytes checksums_;
  bool is_kept_ = false;
};

}  // namespace larder::detail
