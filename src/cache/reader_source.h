// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cache/files/open_file.h"
#include "cache/record.h"
#include "cache/state.h"
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

/// What reads the value of `record`, which is bytes, text or a stream; null if its file is missing.
/// @throws Error `corrupt` if the file is not the one that was written
[[nodiscard]] std::unique_ptr<ReaderSource> open_content(const CacheCore::State& state,
                                                         const Record& record);

}  // namespace larder::detail
