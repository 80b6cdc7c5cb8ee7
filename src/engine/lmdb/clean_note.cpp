// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/clean_note.h"

#include <fcntl.h>
#include <xxhash.h>

#include <cerrno>
#include <cstddef>
#include <span>

#include "core/exists.h"
#include "engine/lmdb/directory.h"
#include "engine/lmdb/page_check.h"
#include "larder/core/error.h"

namespace larder::lmdb {
namespace {

struct CleanNote {
  Head head;            ///< The newest.
  std::uint64_t pages;  ///< The digest of both head pages.
  std::uint64_t checksum;
};
static_assert(sizeof(CleanNote) == sizeof(Head) + 16, "no byte without a value");

std::filesystem::path note_in(const std::filesystem::path& directory) {
  return directory / "clean";
}

std::uint64_t checksum_of(const CleanNote& note) noexcept {
  return XXH3_64bits(&note, offsetof(CleanNote, checksum));
}

Bytes read_head_pages(Io& io, const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / "data.mdb";
  const File data(io, path, O_RDONLY | O_NOFOLLOW);
  Bytes pages(2 * page_bytes);
  const ssize_t size = io.pread(data.fd(), pages.data(), pages.size(), 0);
  if (size < 0) throw system_error(static_cast<int>(-size), "read " + path.string());
  if (size != static_cast<ssize_t>(pages.size())) {
    throw Error(ErrorKind::corrupt, path.string() + " is cut short");
  }
  return pages;
}

/// What a note tells: the first ones had nothing but the digest.
struct Found {
  std::uint64_t pages;
  std::optional<Head> head;
};

std::optional<Found> read_note(Io& io, const std::filesystem::path& directory) {
  if (!detail::exists(io, note_in(directory))) return std::nullopt;
  const Bytes bytes = read_file(io, note_in(directory));
  constexpr std::size_t first_kind = 2 * sizeof(std::uint64_t);
  if (bytes.size() == first_kind) {
    const auto pages = load<std::uint64_t>(bytes.data());
    if (load<std::uint64_t>(bytes.data() + sizeof(pages)) != XXH3_64bits(&pages, sizeof(pages))) {
      return std::nullopt;
    }
    return Found{.pages = pages, .head = std::nullopt};
  }
  if (bytes.size() != sizeof(CleanNote)) return std::nullopt;
  const auto note = load<CleanNote>(bytes.data());
  if (note.checksum != checksum_of(note)) return std::nullopt;
  return Found{.pages = note.pages, .head = note.head};
}

}  // namespace

void write_clean_note(Io& io, const std::filesystem::path& directory, mode_t mode) {
  const Bytes pages = read_head_pages(io, directory);
  CleanNote note{
      .head = check_heads(pages), .pages = XXH3_64bits(pages.data(), pages.size()), .checksum = 0};
  note.checksum = checksum_of(note);
  const std::filesystem::path path = note_in(directory);
  ensure_file(io, path, mode);
  const File file(io, path, O_WRONLY | O_NOFOLLOW);
  // Not synced: a note that a power cut tears does not count.
  pwrite_all(io, file.fd(), std::as_bytes(std::span(&note, 1)), 0, path);
}

void check_clean_note(Io& io, const std::filesystem::path& directory) {
  const std::optional<Found> note = read_note(io, directory);
  if (!note) return;
  const Bytes pages = read_head_pages(io, directory);
  if (note->pages == XXH3_64bits(pages.data(), pages.size())) return;
  throw Error(ErrorKind::corrupt, (directory / "data.mdb").string() +
                                      ": the database file is damaged: its head "
                                      "pages changed after it was closed");
}

std::optional<Head> noted_head(Io& io, const std::filesystem::path& directory) {
  const std::optional<Found> note = read_note(io, directory);
  return note ? note->head : std::nullopt;
}

void remove_clean_note(Io& io, const std::filesystem::path& directory) {
  const std::filesystem::path path = note_in(directory);
  const int result = io.unlink(path);
  if (result < 0 && result != -ENOENT) throw system_error(-result, "remove " + path.string());
}

}  // namespace larder::lmdb
