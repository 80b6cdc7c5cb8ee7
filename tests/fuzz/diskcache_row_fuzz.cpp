// SPDX-License-Identifier: Apache-2.0

// A row of a diskcache database with columns of any type and content: it becomes an entry or is
// refused, its key can be shown, and nothing outside of its folder is opened.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>

#include "cli/transfer/diskcache_row.h"
#include "larder/core/error.h"
#include "support/temp_dir.h"

namespace larder::cli {
namespace {

namespace fs = std::filesystem;

void require(bool condition) {
  if (!condition) std::abort();
}

/// A folder with a value file, and one beside it that must never be read.
class Folder {
 public:
  Folder() {
    fs::create_directories(path() / "00");
    std::ofstream(path() / "00/a.val") << "value";
    std::ofstream(outer_ / "secret") << "secret";
    fs::create_symlink("../secret", path() / "link");
  }
  [[nodiscard]] fs::path path() const { return outer_ / "cache"; }

 private:
  test::TempDir outer_;
};

class Columns {
 public:
  explicit Columns(BytesView data) : data_(data) {}

  SqlValue next() {
    const std::uint8_t kind = byte() % 6;
    if (kind == 0) return {};
    if (kind == 1) return std::int64_t{static_cast<std::int8_t>(byte())};
    if (kind == 2) return std::int64_t{1} << (byte() % 64);
    if (kind == 3) return static_cast<double>(byte()) * (byte() % 2 == 0 ? 1e300 : -0.5);
    const BytesView content = take(byte());
    if (kind == 4) return std::string(as_text(content));
    return to_bytes(content);
  }

 private:
  std::uint8_t byte() {
    const BytesView taken = take(1);
    return taken.empty() ? std::uint8_t{0} : std::to_integer<std::uint8_t>(taken[0]);
  }
  BytesView take(std::size_t size) {
    const BytesView taken = data_.first(std::min(size, data_.size()));
    data_ = data_.subspan(taken.size());
    return taken;
  }

  BytesView data_;
};

void read_content(const Incoming& incoming) {
  Bytes buffer(4096);
  std::string all;
  while (const std::size_t size = incoming.content(buffer)) {
    all += as_text(BytesView(buffer).first(size));
  }
  require(all.find("secret") == std::string::npos);
}

void try_row(const DiskcacheRow& row, DiskKind kind, const ValueFolder& values) {
  static_cast<void>(show_row_key(row, kind));
  static_cast<void>(has_json_key(row));
  try {
    const Incoming incoming = to_incoming(row, kind, values);
    require(!incoming.key.bytes().empty());
    if (incoming.content) read_content(incoming);
  } catch (const RefusedEntry&) {
  }
}

}  // namespace
}  // namespace larder::cli

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace larder::cli;
  static const Folder folder;
  static const ValueFolder values(folder.path());
  Columns columns(std::as_bytes(std::span(data, size)));
  DiskcacheRow row;
  for (SqlValue* column : {&row.key, &row.raw, &row.expire_time, &row.tag, &row.size, &row.mode,
                           &row.filename, &row.value}) {
    *column = columns.next();
  }
  try_row(row, DiskKind::plain, values);
  try_row(row, DiskKind::json, values);
  return 0;
}
