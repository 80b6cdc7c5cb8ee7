// SPDX-License-Identifier: Apache-2.0
#include "container/subspace.h"

#include <algorithm>

#include "larder/core/error.h"
#include "larder/key/key_writer.h"

namespace larder::detail {

namespace {

// Stored on disk: never change. No cache has a prefix that begins with this byte.
constexpr std::byte of_containers{0};
constexpr std::size_t max_name_bytes = 100;

}  // namespace

Subspace::Subspace(std::string_view kind, std::string_view name)
    : kind_(kind), name_(name), title_(kind_ + " \"" + name_ + "\"") {
  if (name.empty() || name.size() > max_name_bytes) {
    throw Error(ErrorKind::invalid_argument,
                title_ + ": the name must have 1 to " + std::to_string(max_name_bytes) + " bytes");
  }
  prefix_.push_back(of_containers);
  KeyWriter out(prefix_);
  out.write_text(kind);
  out.write_text(name);
}

KeyBuffer Subspace::key(std::uint8_t space) const {
  KeyBuffer result = prefix_;
  result.push_back(std::byte{space});
  return result;
}

KeyBuffer Subspace::key(std::uint8_t space, std::int64_t number) const {
  KeyBuffer result = key(space);
  KeyWriter(result).write_integer(number);
  return result;
}

KeyRange Subspace::range(std::uint8_t space) const { return KeyRange::prefix(key(space).view()); }

std::optional<FrameView> Subspace::find(ReadTxn& txn, BytesView key, std::string_view what) const {
  const std::optional<BytesView> stored = txn.get(key);
  if (!stored) return std::nullopt;
  FrameFault fault = FrameFault::damaged;
  const std::optional<FrameView> opened = open_frame(*stored, key, &fault);
  if (opened) return opened;
  if (fault == FrameFault::unknown) {
    throw Error(ErrorKind::not_supported,
                title_ + ": " + std::string(what) + " was written by a later release of larder");
  }
  fail(what);
}

FrameView Subspace::get(ReadTxn& txn, BytesView key, std::string_view what) const {
  const std::optional<FrameView> found = find(txn, key, what);
  if (!found) fail(what);
  return *found;
}

void Subspace::put(WriteTxn& txn, const KeyBuffer& key, std::uint64_t schema, BytesView payload) {
  txn.put(key.view(), frame({.schema = schema, .raw_bytes = payload.size()}, payload, key.view()));
}

std::uint64_t Subspace::read_settings_head(WireReader& in, std::span<const SettingsShape> known,
                                           const ItemType& type) const {
  const std::size_t count = in.read_array();
  const std::uint64_t format = in.read_uint();
  const auto shape = std::ranges::find(known, format, &SettingsShape::format);
  if (shape == known.end()) {
    throw Error(ErrorKind::not_supported, title_ + ": written in format " + std::to_string(format) +
                                              " by a later release of larder; this one reads " +
                                              std::to_string(known.back().format));
  }
  if (count != shape->fields) fail(settings_record);
  const std::uint64_t schema = in.read_uint();
  check_type(type, schema, in.read_str());
  return format;
}

void Subspace::write_settings_head(WireWriter& out, const SettingsShape& shape,
                                   const ItemType& type) {
  out.write_array(shape.fields);
  out.write_uint(shape.format);
  out.write_uint(type.schema);
  out.write_str(type.name);
}

void Subspace::check_type(const ItemType& wanted, std::uint64_t stored,
                          std::string_view stored_name) const {
  if (stored == wanted.schema) return;
  throw Error(ErrorKind::invalid_argument, title_ + ": it holds " + std::string(stored_name) +
                                               ", not " + std::string(wanted.name) +
                                               "; open it as what it holds");
}

void Subspace::fail(std::string_view what) const {
  throw Error(ErrorKind::corrupt, title_ + ": " + std::string(what) +
                                      " is damaged; restore the engine from a copy, or remove it");
}

}  // namespace larder::detail
