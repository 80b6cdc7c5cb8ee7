// SPDX-License-Identifier: Apache-2.0

// Values as streams: in from a source that is never held in memory as a whole, out through a
// reader.

#include <fcntl.h>

#include <algorithm>
#include <istream>
#include <utility>

#include "cache/reader_source.h"
#include "cache/seen.h"
#include "cache/stored_value.h"
#include "larder/cache/cache.h"
#include "larder/cache/detail/cache_core.h"
#include "larder/core/error.h"

namespace larder {

namespace detail {

namespace {

constexpr std::size_t piece_bytes = std::size_t{256} << 10U;

/// Calls `take` with one piece after the other.
void for_each_piece(ByteSource source, FunctionRef<void(BytesView)> take) {
  Bytes buffer(piece_bytes);
  for (;;) {
    const std::size_t size = source(buffer);
    if (size == 0) return;
    if (size > buffer.size()) {
      throw Error(ErrorKind::invalid_argument,
                  "cache: a source of bytes says it gave more than there was room for");
    }
    take(BytesView(buffer).first(size));
  }
}

/// Reads bytes and text, wherever they are.
class ReaderMaker {
 public:
  explicit ReaderMaker(const CacheCore::State& state) : state_(state) {}

  Seen show(const Record& record) {
    const std::uint64_t schema = record.schema;
    if (schema == absent_schema) return Seen::absent;
    if (schema != stream_schema && !is_bytes_or_text(schema)) return Seen::other_type;
    auto made = open_content(state_, record);
    if (!made) return Seen::in_file;
    source = std::move(made);
    return Seen::hit;
  }

  std::unique_ptr<ReaderSource> source;

 private:
  const CacheCore::State& state_;
};

}  // namespace

std::unique_ptr<ReaderSource> open_content(const CacheCore::State& state, const Record& record) {
  auto made = std::make_unique<ReaderSource>(*state.hooks.io, record);
  if (record.file && record.is_raw) {
    made->file = state.files->open(*record.file);
    if (!made->file) return nullptr;
  } else if (record.is_raw) {
    made->owned = to_bytes(record.value);
    made->content = made->owned;
  } else {
    const auto value = StoredValue::load(record, *state.files, record.schema);
    if (!value) return nullptr;
    made->owned = to_bytes(value->bytes());
    made->content = content_of(made->owned, record.schema).value_or(BytesView());
  }
  return made;
}

bool CacheCore::store_stream(const Key& key, std::uint64_t schema, ByteSource source,
                             const PutOptions& options, StoreMode mode) {
  if (CacheCore* part = part_of(key)) return part->store_stream(key, schema, source, options, mode);
  const std::uint64_t limit = state_->file_above_bytes.load(std::memory_order_relaxed);
  Bytes content;
  std::shared_ptr<NewFile> file;
  for_each_piece(source, [&](BytesView piece) {
    if (!file) {
      append(content, piece);
      if (content.size() <= limit) return;
      file = state_->files->create();
      file->write(content);
      content = {};
    } else {
      file->write(piece);
    }
  });
  if (file) file->finish();
  return store_packed(key, schema, Packed(content, std::move(file)), options, mode);
}

std::optional<ValueReader> CacheCore::open_reader(const Key& key,
                                                  const ReadOptions& options) const {
  if (CacheCore* part = part_of(key)) return part->open_reader(key, options);
  ReaderMaker maker(*state_);
  const auto show = [&](const Record& record) { return maker.show(record); };
  const Stopwatch watch(state_->latencies, *state_->hooks.clock, Sampling::reads);
  const bool is_hit = count_read(look_at(key, options, Staleness::refused, show));
  watch.stop(is_hit ? Timed::hit : Timed::miss);
  if (!is_hit) return std::nullopt;
  return ValueReader(std::move(maker.source));
}

}  // namespace detail

void Cache::put_stream(const Key& key, ByteSource source, const PutOptions& options) {
  core_->store_stream(key, detail::stream_schema, source, options, detail::StoreMode::always);
}

bool Cache::add_stream(const Key& key, ByteSource source, const PutOptions& options) {
  return core_->store_stream(key, detail::stream_schema, source, options,
                             detail::StoreMode::if_absent);
}

void Cache::put_stream(const Key& key, std::istream& in, const PutOptions& options) {
  put_stream(
      key,
      [&](std::span<std::byte> out) {
        in.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(out.size()));
        if (in.bad()) throw Error(ErrorKind::unavailable, "cache: reading the stream failed");
        return static_cast<std::size_t>(in.gcount());
      },
      options);
}

void Cache::put_file(const Key& key, const std::filesystem::path& path, const PutOptions& options) {
  Io& io = *core_->state().hooks.io;
  const File file(io, path, O_RDONLY);
  put_stream(
      key,
      [&](std::span<std::byte> out) {
        const ssize_t size = io.read(file.fd(), out.data(), out.size());
        if (size < 0) throw system_error(static_cast<int>(size), "cannot read " + path.string());
        return static_cast<std::size_t>(size);
      },
      options);
}

std::optional<ValueReader> Cache::reader(const Key& key, const ReadOptions& options) const {
  return core_->open_reader(key, options);
}

}  // namespace larder
