// SPDX-License-Identifier: Apache-2.0
#include "cli/transfer/line_writer.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "cli/human.h"
#include "cli/json.h"
#include "cli/key_text.h"
#include "cli/transfer/line_format.h"
#include "larder/codec/json.h"
#include "larder/codec/standard.h"
#include "larder/core/error.h"

namespace larder::cli {
namespace {

using nlohmann::ordered_json;

template <typename Value>
bool is(const ExportedEntry& entry) {
  return entry.schema == Codec<Value>::schema();
}

template <typename Value>
Value decode(const ExportedEntry& entry) {
  WireReader in(entry.encoded);
  return Codec<Value>::decode(in);
}

void add_key(ordered_json& line, const Key& key) {
  if (key.kind() == KeyKind::text) {
    std::string text = key.as<std::string>();
    if (is_utf8(text)) {
      line["key"] = std::move(text);
      return;
    }
  }
  if (key.kind() == KeyKind::integer) {
    const std::string digits = key.to_string();
    if (digits.starts_with("-")) {
      line["key"] = key.as<std::int64_t>();
    } else {
      line["key"] = key.as<std::uint64_t>();
    }
    return;
  }
  line["key_encoded"] = to_hex(key.bytes());
}

void add_life(ordered_json& line, const PutOptions& options) {
  if (options.expires_at && *options.expires_at != WallTime::max()) {
    line["expires_at_us"] = options.expires_at->time_since_epoch().count();
  }
  if (options.idle_ttl) line["idle_ttl_us"] = options.idle_ttl->count();
  if (options.stale_for != Duration::zero()) line["stale_for_us"] = options.stale_for.count();
  if (!options.tags.empty()) line["tags"] = options.tags;
}

void add_encoded(ordered_json& line, const ExportedEntry& entry) {
  Bytes schema;
  for (unsigned shift = 64; shift > 0; shift -= 8) {
    schema.push_back(static_cast<std::byte>(entry.schema >> (shift - 8)));
  }
  line["type"] = "other";
  line["schema"] = to_hex(schema);
}

// Whether the value is JSON itself.
bool add_value(ordered_json& line, const ExportedEntry& entry) {
  if (is<std::int64_t>(entry)) {
    line["type"] = "integer";
    if (WireReader(entry.encoded).next_is_negative()) {
      line["value"] = decode<std::int64_t>(entry);
    } else {
      line["value"] = decode<std::uint64_t>(entry);
    }
  } else if (is<double>(entry) && std::isfinite(decode<double>(entry))) {
    line["type"] = "real";
    line["value"] = decode<double>(entry);
  } else if (is<bool>(entry)) {
    line["type"] = "boolean";
    line["value"] = decode<bool>(entry);
  } else if (is<Json>(entry)) {
    line["type"] = "json";
    line["value"] = ordered_json::parse(decode<Json>(entry).text());
  } else {
    return false;
  }
  return true;
}

void add_decoded(ordered_json& line, const ExportedEntry& entry) {
  try {
    if (add_value(line, entry)) return;
  } catch (const Error&) {
    // Not what its type says, but it is what was stored.
  }
  add_encoded(line, entry);
  line["value_base64"] = to_base64(entry.encoded);
}

void add_content(ordered_json& line, ValueReader& content, bool is_text) {
  Bytes value(content.size());
  std::size_t done = 0;
  while (const std::size_t size = content.read(std::span(value).subspan(done))) done += size;
  if (is_text && is_utf8(as_text(value))) {
    line["value"] = as_text(value);
  } else {
    line["value_base64"] = to_base64(value);
  }
}

}  // namespace

LineWriter::LineWriter(Output output) : output_(std::move(output)) {
  output_(JsonObject().text("format", "larder").number("version", line_format_version).line());
}

void LineWriter::add(const ExportedEntry& entry) {
  ordered_json line;
  add_key(line, entry.key);
  const bool is_text = is<std::string>(entry);
  const std::uint64_t bytes = entry.content ? entry.content->size() : entry.encoded.size();
  const bool has_parts = bytes > longest_inline_value;
  if (entry.content != nullptr) {
    line["type"] = is_text ? "text" : "bytes";
    if (!has_parts) add_content(line, *entry.content, is_text);
  } else if (has_parts) {
    add_encoded(line, entry);
  } else {
    add_decoded(line, entry);
  }
  if (has_parts) line["bytes"] = bytes;
  add_life(line, entry.options);
  output_(line.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n");
  if (has_parts) write_parts(entry, bytes);
  ++entries_;
}

void LineWriter::write_parts(const ExportedEntry& entry, std::uint64_t bytes) {
  Bytes buffer(part_bytes);
  for (std::uint64_t at = 0; at < bytes;) {
    std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(part_bytes, bytes - at));
    BytesView part;
    if (entry.content != nullptr) {
      size = entry.content->read_at(at, std::span(buffer).first(size));
      part = BytesView(buffer).first(size);
    } else {
      part = entry.encoded.subspan(static_cast<std::size_t>(at), size);
    }
    output_(JsonObject().text("part", to_base64(part)).line());
    at += size;
  }
}

void LineWriter::finish() {
  output_(JsonObject().boolean("end", true).number("entries", entries_).line());
}

}  // namespace larder::cli
