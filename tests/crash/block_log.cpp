// SPDX-License-Identifier: Apache-2.0
#include "crash/block_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace larder::test {

namespace {

constexpr std::uint64_t log_magic = 0x6a736677736872U;
constexpr std::uint64_t flag_flush = 1;
constexpr std::uint64_t flag_fua = 2;
constexpr std::uint64_t flag_discard = 4;
constexpr std::uint64_t sector = 512;
/// Up to here ext4 keeps its superblock, which must not be torn: it is checked before its journal
/// is read, and put right by fsck at best.
constexpr std::uint64_t superblock_end = 4096;

struct LogSuper {
  std::uint64_t magic;
  std::uint64_t version;
  std::uint64_t entries;
  std::uint32_t sector_bytes;
};

struct LogHead {
  std::uint64_t sector;
  std::uint64_t sectors;
  std::uint64_t flags;
  std::uint64_t data_bytes;
};

template <typename T>
T read_at(const PlainFile& file, std::uint64_t offset) {
  T value{};
  if (::pread(file.fd(), &value, sizeof(value), static_cast<off_t>(offset)) != sizeof(value)) {
    throw std::runtime_error("the log of the disk is cut short");
  }
  return value;
}

void copy_pages(const PlainFile& from, const PlainFile& to) {
  for_each_different_page(-1, from.fd(),
                          [&](off_t offset, BytesView, BytesView page) { to.write(offset, page); });
  to.resize(from.size());
}

/// How likely an unflushed write reached the disk: usually some did, at times none or all.
std::uint64_t any_percentage(Random& random) {
  constexpr std::uint64_t choices[] = {0, 10, 60, 60, 60, 90, 100};
  return choices[random.below(std::size(choices))];
}

}  // namespace

BlockLog::BlockLog(const std::filesystem::path& log, const std::filesystem::path& first)
    : log_(log, O_RDONLY), flushed_(log.string() + ".flushed", O_RDWR | O_CREAT | O_TRUNC) {
  const auto super = read_at<LogSuper>(log_, 0);
  if (super.magic != log_magic || super.sector_bytes != sector) {
    throw std::runtime_error("not a log of a disk");
  }
  std::uint64_t at = sector;
  for (std::uint64_t i = 0; i < super.entries; ++i) {
    const auto head = read_at<LogHead>(log_, at);
    const bool has_data = (head.flags & flag_discard) == 0;
    const std::uint64_t bytes = has_data ? head.sectors * sector : 0;
    entries_.push_back(
        {.at = head.sector * sector, .bytes = bytes, .flags = head.flags, .data = at + sector});
    at += sector + bytes;
  }
  copy_pages(PlainFile(first, O_RDONLY), flushed_);
}

std::uint64_t BlockLog::flushes() const noexcept {
  return static_cast<std::uint64_t>(
      std::count_if(entries_.begin(), entries_.end(),
                    [](const Entry& entry) { return (entry.flags & flag_flush) != 0; }));
}

void BlockLog::copy(const Entry& entry, std::uint64_t from, std::uint64_t bytes,
                    const PlainFile& to) const {
  Bytes data(bytes);
  if (::pread(log_.fd(), data.data(), bytes, static_cast<off_t>(entry.data + from)) !=
      static_cast<ssize_t>(bytes)) {
    throw std::runtime_error("the log of the disk is cut short");
  }
  to.write(static_cast<off_t>(entry.at + from), data);
}

void BlockLog::tear(const Entry& entry, const PlainFile& to, Random& random) const {
  for (std::uint64_t from = 0; from < entry.bytes; from += sector) {
    if (random.below(2) == 0) copy(entry, from, sector, to);
  }
}

void BlockLog::cut(std::uint64_t count, const std::filesystem::path& image, Random& random) {
  std::uint64_t flushed = count;
  while (flushed > flushed_count_ && (entries_[flushed - 1].flags & flag_flush) == 0) --flushed;
  for (; flushed_count_ < flushed; ++flushed_count_) {
    const Entry& entry = entries_[flushed_count_];
    copy(entry, 0, entry.bytes, flushed_);
  }
  const PlainFile out(image, O_RDWR | O_CREAT | O_TRUNC);
  copy_pages(flushed_, out);
  const std::uint64_t percentage = any_percentage(random);
  for (std::uint64_t i = flushed_count_; i < count; ++i) {
    const Entry& entry = entries_[i];
    if ((entry.flags & flag_fua) != 0) {
      copy(entry, 0, entry.bytes, out);
    } else if (entry.at >= superblock_end && random.below(10) == 0) {
      tear(entry, out, random);
    } else if (random.below(100) < percentage) {
      copy(entry, 0, entry.bytes, out);
    }
  }
}

}  // namespace larder::test
