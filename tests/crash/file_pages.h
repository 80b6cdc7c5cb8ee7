// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>

#include "larder/core/bytes.h"
#include "larder/core/function_ref.h"

namespace larder::test {

/// A file opened with plain system calls, which no shim counts. Closed at the end of the scope.
class PlainFile {
 public:
  /// Opens `path`; `is_open()` is false if it is missing.
  PlainFile(const std::filesystem::path& path, int flags);
  ~PlainFile();
  PlainFile(const PlainFile&) = delete;
  PlainFile& operator=(const PlainFile&) = delete;

  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }
  [[nodiscard]] int fd() const noexcept { return fd_; }
  [[nodiscard]] off_t size() const;
  void resize(off_t size) const;
  void write(off_t offset, BytesView data) const;

 private:
  int fd_;
};

inline constexpr std::size_t page_bytes = 4096;

/// Calls `visit(offset, page of old_fd, page of new_fd)` for each page of two files in which they
/// differ. Where one file has a hole or ends, its page is zero. -1 stands for an empty file.
void for_each_different_page(int old_fd, int new_fd,
                             FunctionRef<void(off_t, BytesView, BytesView)> visit);

}  // namespace larder::test
