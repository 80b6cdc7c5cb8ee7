// SPDX-License-Identifier: Apache-2.0
#include "cache/stored_value.h"

#include <utility>

#include "codec/compress.h"
#include "larder/codec/standard.h"

namespace larder::detail {

namespace {

constexpr std::uint64_t bytes_schema = Codec<Bytes>::schema();
constexpr std::uint64_t text_schema = Codec<std::string>::schema();

/// What MessagePack has in front of `size` bytes, or characters if `schema` is that of text.
Bytes wire_head(std::uint64_t schema, std::uint64_t size) {
  const bool is_text = schema == text_schema;
  if (size > UINT32_MAX) {
    throw Error(ErrorKind::not_supported,
                "cache: a value of 4 GiB or more can only be read through a reader");
  }
  Bytes head;
  const auto put = [&](std::uint64_t first, int size_bytes) {
    head.push_back(static_cast<std::byte>(first));
    for (int i = size_bytes; i-- > 0;) head.push_back(static_cast<std::byte>(size >> (8 * i)));
  };
  if (is_text && size < 32) {
    put(0xa0U | size, 0);
  } else if (size <= 0xff) {
    put(is_text ? 0xd9 : 0xc4, 1);
  } else if (size <= 0xffff) {
    put(is_text ? 0xda : 0xc5, 2);
  } else {
    put(is_text ? 0xdb : 0xc6, 4);
  }
  return head;
}

}  // namespace

bool can_read_as(std::uint64_t stored, std::uint64_t asked) noexcept {
  return stored == asked || (stored == stream_schema && is_bytes_or_text(asked));
}

bool is_bytes_or_text(std::uint64_t schema) noexcept {
  return schema == bytes_schema || schema == text_schema;
}

std::optional<BytesView> content_of(BytesView wire, std::uint64_t schema) {
  WireReader in(wire);
  if (schema == bytes_schema) return in.read_bin();
  if (schema == text_schema) return as_bytes(in.read_str());
  return std::nullopt;
}

Packed::Packed(BytesView value, std::uint64_t schema, const CacheCore::State& state)
    : raw_bytes_(value.size()), value_(value) {
  constexpr int level = 3;  // what Zstandard itself takes: larger ones cost more than they save
  if (value.size() > state.compress_above_bytes.load(std::memory_order_relaxed)) {
    packed_ = compress(value, level);
    if (packed_.size() >= value.size()) packed_.clear();
  }
  const BytesView stored = packed_.empty() ? value : BytesView(packed_);
  if (stored.size() <= state.file_above_bytes.load(std::memory_order_relaxed)) return;
  const std::optional<BytesView> content =
      packed_.empty() ? content_of(value, schema) : std::nullopt;
  is_raw_ = content.has_value();
  file_ = state.files->create();
  to_file(content.value_or(stored));
}

Packed::Packed(BytesView content, std::shared_ptr<NewFile> file)
    : raw_bytes_(file ? file->ref().bytes : content.size()),
      value_(content),
      is_raw_(true),
      file_(std::move(file)) {
  if (file_) append_file_ref(ref_, file_->ref());
}

void Packed::to_file(BytesView content) {
  file_->write(content);
  file_->finish();
  append_file_ref(ref_, file_->ref());
}

void Packed::describe(Record& record) const {
  record.compressed = !packed_.empty();
  record.raw_bytes = raw_bytes_;
  record.is_raw = is_raw_;
  record.value = packed_.empty() ? value_ : BytesView(packed_);
  if (!file_) return;
  record.file = file_->ref();
  record.value = ref_;
}

std::optional<StoredValue> StoredValue::load(const Record& record, FileStore& files,
                                             std::uint64_t asked_schema) {
  StoredValue result;
  result.value_ = record.value;
  if (record.file) {
    const Bytes head = record.is_raw ? wire_head(asked_schema, record.file->bytes) : Bytes();
    Bytes& content = result.file_.emplace(Scratch::used()).bytes();
    if (!files.load(*record.file, head.size(), content)) return std::nullopt;
    std::ranges::copy(head, content.begin());
    result.value_ = content;
  } else if (record.is_raw) {
    result.own_ = wire_head(asked_schema, record.value.size());
    append(result.own_, record.value);
    result.value_ = result.own_;
  }
  if (record.compressed) {
    result.own_ = decompress(result.bytes(), record.raw_bytes);
    result.value_ = result.own_;
  }
  return result;
}

Error full_error(const Key& key) {
  return {ErrorKind::full, "cache: no room for " + key.to_string() +
                               ": it is larger than max_bytes, or nothing may be evicted"};
}

}  // namespace larder::detail
