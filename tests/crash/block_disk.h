// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "support/child.h"

namespace larder::test {

/// Why no block device can be made here, or nothing if it can: that needs root, loop devices, FUSE,
/// `qemu-storage-daemon` and `mkfs.ext4`.
[[nodiscard]] std::string why_no_block_disk();

/// From now on what this process and its children mount is seen by nobody else, and gone when they
/// are; and this process ends when its parent does.
void keep_mounts_to_oneself();

/// Makes a file of `bytes` bytes with an empty ext4 file system in it.
void make_ext4(const std::filesystem::path& file, std::uint64_t bytes);

/// A block device that a file is behind; gone at the end of the scope.
class LoopDevice {
 public:
  explicit LoopDevice(const std::filesystem::path& file);
  ~LoopDevice();
  LoopDevice(const LoopDevice&) = delete;
  LoopDevice& operator=(const LoopDevice&) = delete;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
  int fd_ = -1;
};

/// A mounted ext4 file system, unmounted at the end of the scope.
class Mounted {
 public:
  Mounted(const LoopDevice& device, const std::filesystem::path& folder);
  ~Mounted();
  Mounted(const Mounted&) = delete;
  Mounted& operator=(const Mounted&) = delete;

 private:
  std::filesystem::path folder_;
};

/// A file that passes everything on to another one and writes down every write and every flush, in
/// order, in a log: the protocol of a disk. See block_log.h.
class LoggedDisk {
 public:
  /// Serves the content of `backing` as `file`, and logs to `log`.
  LoggedDisk(const std::filesystem::path& backing, const std::filesystem::path& file,
             const std::filesystem::path& log);
  ~LoggedDisk();
  LoggedDisk(const LoggedDisk&) = delete;
  LoggedDisk& operator=(const LoggedDisk&) = delete;

  /// How many entries the log has now.
  [[nodiscard]] std::uint64_t entries() const;

 private:
  int log_ = -1;
  Child server_;
};

}  // namespace larder::test
