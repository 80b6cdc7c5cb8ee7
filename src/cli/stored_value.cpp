// SPDX-License-Identifier: Apache-2.0
#include "cli/stored_value.h"

#include <array>
#include <cstdint>
#include <utility>

#include "cli/human.h"
#include "cli/key_text.h"
#include "cli/run/result.h"
#include "larder/codec/json.h"
#include "larder/codec/standard.h"
#include "larder/core/error.h"

namespace larder {
namespace cli {
namespace {

/// An integer of any type: all are stored alike.
struct AnyInteger {
  std::string digits = {};
};

}  // namespace
}  // namespace cli

template <>
struct Codec<cli::AnyInteger> {
  static cli::AnyInteger decode(WireReader& in) {
    return {in.next_is_negative() ? std::to_string(in.read_int()) : std::to_string(in.read_uint())};
  }
  static void encode(const cli::AnyInteger& value, WireWriter& out) {
    if (value.digits.starts_with('-')) return out.write_int(std::stoll(value.digits));
    out.write_uint(std::stoull(value.digits));
  }
  static consteval std::uint64_t schema() { return Codec<std::int64_t>::schema(); }
};

}  // namespace larder

namespace larder::cli {
namespace {

Bytes shown(const Bytes& value) { return value; }
Bytes shown(const std::string& value) { return to_bytes(as_bytes(value)); }
Bytes shown(const Json& value) { return shown(value.text()); }
Bytes shown(const AnyInteger& value) { return shown(value.digits); }
Bytes shown(bool value) { return shown(std::string(value ? "true" : "false")); }

Bytes shown(double value) {
  std::array<char, 32> text{};
  // 17 digits bring back every double.
  const int size = std::snprintf(text.data(), text.size(), "%.17g", value);
  return to_bytes(as_bytes({text.data(), static_cast<std::size_t>(size)}));
}

Bytes shown(const RunResult& value) {
  Bytes out;
  for (const OutputChunk& chunk : value.output) {
    if (chunk.descriptor == 1) append(out, chunk.data);
  }
  return out;
}

template <typename Value>
std::optional<StoredValue> read_as(const Cache& store, const Key& key) {
  std::optional<CacheEntry<Value>> entry = store.get_entry<Value>(key);
  if (!entry) return std::nullopt;
  return StoredValue{.type = type_name(Codec<Value>::schema()),
                     .data = shown(entry->value),
                     .stored_at = entry->stored_at,
                     .expires_at = entry->expires_at,
                     .tags = std::move(entry->tags)};
}

struct Reader {
  std::string_view name;
  std::uint64_t schema;
  std::optional<StoredValue> (*read)(const Cache&, const Key&);
};

template <typename Value>
Reader reader(std::string_view name) {
  return {.name = name, .schema = Codec<Value>::schema(), .read = read_as<Value>};
}

const std::array<Reader, 8>& readers() {
  static const std::array<Reader, 8> all = {
      reader<Bytes>("bytes"),
      reader<std::string>("text"),
      reader<AnyInteger>("integer"),
      reader<double>("real"),
      reader<bool>("boolean"),
      reader<Json>("json"),
      reader<RunResult>("run"),
      Reader{.name = "bytes", .schema = 0, .read = read_as<Bytes>}};  // came as a stream
  return all;
}

const Reader* find_reader(std::uint64_t schema) {
  for (const Reader& one : readers()) {
    if (one.schema == schema) return &one;
  }
  return nullptr;
}

}  // namespace

std::optional<StoredValue> read_value(const Cache& store, const Key& key) {
  const std::optional<EntryInfo> info = store.info(key);
  // Reading what is not there counts as a miss.
  if (!info) return read_as<Bytes>(store, key);
  const Reader* found = find_reader(info->schema);
  if (found == nullptr) {
    throw Error(ErrorKind::not_supported, "the value of " + key.to_string() +
                                              " is of a type that only the program that "
                                              "stored it can read");
  }
  return found->read(store, key);
}

void add_value(JsonObject& object, BytesView data) {
  if (is_utf8(as_text(data))) {
    object.text("value", as_text(data));
  } else {
    object.text("value_base64", to_base64(data));
  }
}

void add_lifetime(JsonObject& object, WallTime stored_at, const std::optional<WallTime>& expires_at,
                  const std::vector<std::string>& tags) {
  object.text("stored_at", iso_time(stored_at));
  if (expires_at) {
    object.text("expires_at", iso_time(*expires_at));
  } else {
    object.null("expires_at");
  }
  object.texts("tags", tags);
}

std::string_view type_name(std::uint64_t schema) {
  const Reader* found = find_reader(schema);
  return found == nullptr ? "other" : found->name;
}

}  // namespace larder::cli
