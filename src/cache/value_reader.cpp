// SPDX-License-Identifier: Apache-2.0
#include "larder/cache/value_reader.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "cache/reader_source.h"
#include "cache/tags.h"
#include "larder/core/error.h"

namespace larder {

namespace detail {

ReaderSource::ReaderSource(Io& io_, const Record& record) : io(io_), stored_at(record.stored_at) {
  if (record.expires_at != never) expires_at = record.expires_at;
  for_each_tag(record.tags, [&](std::string_view tag) { tags.emplace_back(tag); });
}

ReaderSource::~ReaderSource() {
  if (!mapping.empty()) io.munmap(const_cast<std::byte*>(mapping.data()), mapping.size());
}

}  // namespace detail

ValueReader::ValueReader(std::unique_ptr<detail::ReaderSource> source)
    : source_(std::move(source)) {}

ValueReader::ValueReader(ValueReader&& other) noexcept = default;
ValueReader& ValueReader::operator=(ValueReader&& other) noexcept = default;
ValueReader::~ValueReader() = default;

std::uint64_t ValueReader::size() const noexcept { return source_->size(); }

std::size_t ValueReader::read(std::span<std::byte> out) {
  const std::size_t size = read_at(position_, out);
  position_ += size;
  return size;
}

std::size_t ValueReader::read_at(std::uint64_t offset, std::span<std::byte> out) const {
  if (offset >= size()) return 0;
  out = out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), size() - offset)));
  if (source_->file) {
    source_->file->read(offset, out);
  } else if (!out.empty()) {
    std::memcpy(out.data(), source_->content.data() + offset, out.size());
  }
  return out.size();
}

BytesView ValueReader::map() {
  if (!source_->file) return source_->content;
  if (source_->mapping.empty() && size() > 0) {
    check();
    const auto bytes = static_cast<std::size_t>(size());
    void* address = source_->io.mmap(bytes, PROT_READ, MAP_SHARED, source_->file->fd(), 0);
    if (address == MAP_FAILED) throw system_error(errno, "cache: map a value");
    source_->mapping = {static_cast<const std::byte*>(address), bytes};
  }
  return source_->mapping;
}

int ValueReader::descriptor() {
  if (source_->file) return source_->file->fd();
  if (source_->memory.fd() < 0) {
    const int fd = source_->io.memory_file("larder value");
    if (fd < 0) throw system_error(fd, "cache: a descriptor for a value");
    File memory(source_->io, fd);
    pwrite_all(source_->io, fd, source_->content, 0, "a value in memory");
    source_->memory = std::move(memory);
  }
  return source_->memory.fd();
}

void ValueReader::check() const {
  if (source_->file) source_->file->check();
}

WallTime ValueReader::stored_at() const noexcept { return source_->stored_at; }

std::optional<WallTime> ValueReader::expires_at() const noexcept { return source_->expires_at; }

const std::vector<std::string>& ValueReader::tags() const noexcept { return source_->tags; }

}  // namespace larder
