// SPDX-License-Identifier: Apache-2.0
#include "cache/files/open_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "cache/wire_number.h"
#include "core/xxh3.h"
#include "larder/core/error.h"

namespace larder::detail {

namespace {

[[noreturn]] void refuse(const FileRef& ref, const char* why) {
  throw Error(ErrorKind::corrupt,
              "cache: the value file " + bucket_of(ref.name) + "/" + leaf_of(ref.name) + why);
}

}  // namespace

OpenFile::OpenFile(Io& io, File file, const FileRef& ref)
    : io_(&io), file_(std::move(file)), ref_(ref) {
  struct stat status = {};
  const int result = io_->fstat(file_.fd(), status);
  if (result < 0) throw system_error(result, "cache: look at a value file");
  if (static_cast<std::uint64_t>(status.st_size) != ref_.file_bytes()) {
    refuse(ref_, " does not have the size it should have");
  }
  checksums_.resize(static_cast<std::size_t>(ref_.blocks() * sizeof(std::uint64_t)));
  read_exactly(ref_.bytes, checksums_);
  if (digest_of(checksums_) != ref_.digest) refuse(ref_, " is damaged: its checksums are not");
}

void OpenFile::read_exactly(std::uint64_t offset, std::span<std::byte> out) const {
  while (!out.empty()) {
    const ssize_t size = io_->pread(file_.fd(), out.data(), out.size(), static_cast<off_t>(offset));
    if (size < 0) throw system_error(static_cast<int>(size), "cache: read a value file");
    if (size == 0) refuse(ref_, " is cut off");
    out = out.subspan(static_cast<std::size_t>(size));
    offset += static_cast<std::uint64_t>(size);
  }
}

std::size_t OpenFile::block_size(std::uint64_t block) const noexcept {
  return static_cast<std::size_t>(
      std::min<std::uint64_t>(file_block_bytes, ref_.bytes - block * file_block_bytes));
}

void OpenFile::check_block(std::uint64_t block, BytesView content) const {
  NumberReader in(
      BytesView(checksums_)
          .subspan(static_cast<std::size_t>(block * sizeof(std::uint64_t)), sizeof(std::uint64_t)));
  if (in.take<std::uint64_t>() != xxh3_64(content)) refuse(ref_, " is damaged");
}

void OpenFile::read(std::uint64_t offset, std::span<std::byte> out) const {
  Bytes buffer;  // for blocks that are not wanted as a whole
  while (!out.empty()) {
    const std::uint64_t block = offset / file_block_bytes;
    const auto skip = static_cast<std::size_t>(offset % file_block_bytes);
    const std::size_t size = block_size(block);
    const std::size_t wanted = std::min(out.size(), size - skip);
    if (wanted == size) {
      read_exactly(offset, out.first(size));
      check_block(block, out.first(size));
    } else {
      buffer.resize(size);
      read_exactly(block * file_block_bytes, buffer);
      check_block(block, buffer);
      std::memcpy(out.data(), buffer.data() + skip, wanted);
    }
    out = out.subspan(wanted);
    offset += wanted;
  }
}

void OpenFile::check() const {
  Bytes buffer(static_cast<std::size_t>(std::min<std::uint64_t>(file_block_bytes, ref_.bytes)));
  for (std::uint64_t at = 0; at < ref_.bytes; at += file_block_bytes) {
    read(at, std::span(buffer).first(block_size(at / file_block_bytes)));
  }
}

}  // namespace larder::detail
