// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/needed_files.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <set>
#include <utility>
#include <vector>

#include "engine/lmdb/shared_page.h"
#include "larder/core/error.h"

namespace larder::lmdb {
namespace {

bool try_fill(NeededFile& slot, std::uint64_t sequence, const std::string& path) noexcept {
  if (slot.sequence.load(std::memory_order_acquire) != 0) return false;
  for (std::size_t i = 0; i < std::size(slot.path); ++i) {
    std::uint64_t word = 0;
    const std::size_t at = i * sizeof(word);
    if (at < path.size()) {
      std::memcpy(&word, path.data() + at, std::min(path.size() - at, sizeof(word)));
    }
    slot.path[i].store(word, std::memory_order_release);
  }
  slot.sequence.store(sequence, std::memory_order_release);
  return true;
}

std::string path_in(const NeededFile& slot) {
  char text[needed_path_bytes];
  for (std::size_t i = 0; i < std::size(slot.path); ++i) {
    // Who sees a word of a later owner must see the later sequence number, too.
    const std::uint64_t word = slot.path[i].load(std::memory_order_acquire);
    std::memcpy(text + i * sizeof(word), &word, sizeof(word));
  }
  return {text, ::strnlen(text, sizeof(text))};
}

/// What could be synced under this name is there no more, so nothing needs it; or it never was
/// what it should be, and nothing can be done about that here.
bool is_gone(int result) noexcept {
  return result == -ENOENT || result == -ENOTDIR || result == -ELOOP || result == -EACCES ||
         result == -ENXIO;
}

}  // namespace

NeededFiles::NeededFiles(Io& io, std::filesystem::path directory, SharedPage& shared)
    : io_(io), directory_(std::move(directory)), shared_(shared) {}

void NeededFiles::note(std::uint64_t sequence, std::span<const std::string> paths) noexcept {
  if (paths.empty()) return;
  NeededFile* slot = std::begin(shared_.needed_files);
  for (const std::string& path : paths) {
    bool is_listed = false;
    while (path.size() <= needed_path_bytes && !is_listed &&
           slot != std::end(shared_.needed_files)) {
      is_listed = try_fill(*slot++, sequence, path);
    }
    if (!is_listed) shared_.files_unlisted.store(sequence, std::memory_order_release);
  }
  shared_.files_published.store(sequence, std::memory_order_release);
}

int NeededFiles::sync() {
  const std::uint64_t published = shared_.files_published.load(std::memory_order_acquire);
  if (published <= synced()) return 0;
  const bool is_listed = shared_.files_unlisted.load(std::memory_order_acquire) <= synced();
  int result = is_listed ? 0 : sync_all();
  if (result == 0) result = sync_listed(published);
  if (result == 0) raise_to(shared_.files_synced, published);
  return result;
}

int NeededFiles::sync_listed(std::uint64_t through) {
  std::vector<std::pair<NeededFile*, std::uint64_t>> done;
  std::set<std::filesystem::path> directories;
  for (NeededFile& slot : shared_.needed_files) {
    const std::uint64_t sequence = slot.sequence.load(std::memory_order_acquire);
    if (sequence == 0 || sequence > through) continue;
    const std::filesystem::path path = path_in(slot);
    // Else another process has synced it and the slot has a new owner.
    if (slot.sequence.load(std::memory_order_relaxed) != sequence) continue;
    if (const int result = sync_path(directory_ / path); result < 0) return result;
    for (auto above = path.parent_path(); !above.empty(); above = above.parent_path()) {
      directories.insert(directory_ / above);
    }
    directories.insert(directory_);
    done.emplace_back(&slot, sequence);
  }
  for (const std::filesystem::path& directory : directories) {
    if (const int result = sync_path(directory); result < 0) return result;
  }
  for (const auto& [slot, sequence] : done) {
    std::uint64_t expected = sequence;
    slot->sequence.compare_exchange_strong(expected, 0);
  }
  return 0;
}

int NeededFiles::sync_path(const std::filesystem::path& path) {
  const int fd = io_.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
  if (is_gone(fd)) return 0;
  if (fd < 0) throw system_error(fd, "sync " + path.string());
  const File file(io_, fd);
  const int result = io_.fsync(fd);
  return result == -EINVAL ? 0 : result;  // nothing that has content
}

int NeededFiles::sync_all() {
  const int fd = io_.open(directory_, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (fd < 0) throw system_error(fd, "sync " + directory_.string());
  const File directory(io_, fd);
  return io_.syncfs(fd);
}

}  // namespace larder::lmdb
