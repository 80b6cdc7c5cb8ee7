// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cache/files/open_file.h"
#include "cache/record.h"
#include "larder/cache/value_reader.h"
#include "larder/core/bytes.h"
#include "larder/core/io.h"

namespace larder::detail {

/// Where a reader reads: a file, or bytes in memory.
struct ReaderSource {
  ReaderSource(Io& io_, const Record& record);
  ReaderSource(const ReaderSource&) = delete;
  ReaderSource& operator=(const ReaderSource&) = delete;
  ~ReaderSource();

  [[nodiscard]] std::uint64_t size() const noexcept {
    return file ? file->ref().bytes : content.size();
  }

  Io& io;
  std::optional<OpenFile> file;
  Bytes owned;        // what `content` looks into
  BytesView content;  // unless there is a file
  File memory;        // the content as a file, if that was asked for
  BytesView mapping;  // the file in place, if that was asked for
  WallTime stored_at;
  std::optional<WallTime> expires_at;
  std::vector<std::string> tags;
};

}  // namespace larder::detail
