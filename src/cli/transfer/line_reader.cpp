// SPDX-License-Identifier: Apache-2.0
#include "cli/transfer/line_reader.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "cli/exit_code.h"
#include "cli/human.h"
#include "cli/key_text.h"
#include "cli/transfer/line_format.h"
#include "cli/transfer/line_source.h"
#include "larder/codec/json.h"
#include "larder/core/error.h"

namespace larder::cli {
namespace {

using nlohmann::json;

RefusedEntry damaged(const std::string& why) { return {Refusal::damaged, why}; }

json parse_line(std::string_view line) {
  json parsed = json::parse(line, nullptr, false);
  if (!parsed.is_object()) throw damaged("it is no JSON object");
  return parsed;
}

template <typename Number>
Number whole_number(const json& value, const std::string& what) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    if (std::in_range<Number>(number)) return static_cast<Number>(number);
  } else if (value.is_number_integer()) {
    const auto number = value.get<std::int64_t>();
    if (std::in_range<Number>(number)) return static_cast<Number>(number);
  }
  throw damaged(what + " is no whole number that fits");
}

const json* field(const json& line, const char* name) {
  const auto found = line.find(name);
  return found == line.end() ? nullptr : &*found;
}

const std::string& text_of(const json& value, const char* what) {
  if (!value.is_string()) throw damaged(std::string(what) + " is no text");
  return value.get_ref<const std::string&>();
}

Key key_of(const json& line) {
  if (const json* encoded = field(line, "key_encoded")) {
    try {
      return Key::from_bytes(from_hex(text_of(*encoded, "key_encoded")));
    } catch (const UsageError&) {
      throw damaged("key_encoded is not hexadecimal");
    } catch (const Error&) {
      throw damaged("key_encoded is no key");
    }
  }
  const json* key = field(line, "key");
  if (key == nullptr) throw damaged("it has no key");
  if (key->is_string()) return key->get_ref<const std::string&>();
  if (key->is_number_unsigned()) return key->get<std::uint64_t>();
  return whole_number<std::int64_t>(*key, "key");
}

Duration duration_of(const json& value, const char* what) {
  return Duration{whole_number<std::int64_t>(value, what)};
}

PutOptions options_of(const json& line) {
  PutOptions options{.expires_at = WallTime::max()};
  if (const json* time = field(line, "expires_at_us")) {
    options.expires_at = WallTime{duration_of(*time, "expires_at_us")};
  }
  if (const json* idle = field(line, "idle_ttl_us")) {
    options.idle_ttl = duration_of(*idle, "idle_ttl_us");
  }
  if (const json* stale = field(line, "stale_for_us")) {
    options.stale_for = duration_of(*stale, "stale_for_us");
  }
  if (const json* tags = field(line, "tags")) {
    if (!tags->is_array()) throw damaged("tags is no list");
    for (const json& tag : *tags) options.tags.push_back(text_of(tag, "a tag"));
  }
  return options;
}

std::uint64_t schema_of(const json& line) {
  const json* schema = field(line, "schema");
  if (schema == nullptr) throw damaged("it has no schema");
  std::uint64_t number = 0;
  try {
    const Bytes bytes = from_hex(text_of(*schema, "schema"));
    if (bytes.size() != sizeof number) throw damaged("schema has not 16 digits");
    for (const std::byte byte : bytes) number = number << 8U | std::to_integer<unsigned>(byte);
  } catch (const UsageError&) {
    throw damaged("schema is not hexadecimal");
  }
  return number;
}

void set_typed(Incoming& incoming, const std::string& type, const json& value) {
  if (type == "integer" && value.is_number_unsigned()) {
    set_value(incoming, value.get<std::uint64_t>());
  } else if (type == "integer") {
    set_value(incoming, whole_number<std::int64_t>(value, "value"));
  } else if (type == "real" && value.is_number()) {
    set_value(incoming, value.get<double>());
  } else if (type == "boolean" && value.is_boolean()) {
    set_value(incoming, value.get<bool>());
  } else if (type == "text") {
    set_value(incoming, text_of(value, "value"));
  } else if (type == "json") {
    try {
      set_value(incoming, Json::parse(value.dump()));
    } catch (const Error& error) {
      throw damaged(std::string("its value cannot be kept: ") + error.what());
    }
  } else {
    throw RefusedEntry(Refusal::unsupported, "there is no such type, or not with such a value");
  }
}

void set_bytes(Incoming& incoming, const std::string& type, Bytes bytes, const json& line) {
  if (type == "bytes") {
    set_value(incoming, bytes);
  } else if (type == "text") {
    set_value(incoming, std::string(as_text(bytes)));
  } else if (type == "other") {
    incoming.schema = schema_of(line);
    incoming.value = std::move(bytes);
  } else {
    throw RefusedEntry(Refusal::unsupported, "there is no type '" + type + "' in base 64");
  }
}

class Reading {
 public:
  Reading(const std::string& name, Intake& intake, const Console& console)
      : name_(name), source_(name), intake_(intake), console_(console) {}

  void run() {
    check_format();
    while (const std::optional<std::string_view> line = source_.next()) {
      constexpr std::uint64_t now_and_then = 1024;
      if (source_.number() % now_and_then == 0) {
        console_.progress(std::to_string(intake_.seen()) + " entries");
      }
      take(*line);
    }
    console_.progress("");
    if (!is_whole_) {
      intake_.refuse("what follows line " + std::to_string(source_.number()),
                     damaged("the file ends before its last line"));
    }
  }

 private:
  void check_format() {
    const std::optional<std::string_view> line = source_.next();
    const json head = line ? json::parse(*line, nullptr, false) : json();
    if (!head.is_object() || head.value("format", json()) != json("larder")) {
      throw Error(ErrorKind::not_supported, name_ + " was not written by larder export");
    }
    if (head.value("version", json()) != json(line_format_version)) {
      throw Error(ErrorKind::not_supported, name_ + " was written by a later release of larder");
    }
  }

  void take(std::string_view text) {
    std::string shown = "line " + std::to_string(source_.number());
    parts_bytes_ = 0;
    try {
      const json line = parse_line(text);
      if (line.contains("end")) {
        is_whole_ = true;
        return;
      }
      // What is left of a value whose entry was not taken.
      if (line.contains("part") && !line.contains("type")) return;
      Incoming incoming{.key = key_of(line), .options = options_of(line)};
      shown = show_key(incoming.key);
      read_value(line, incoming);
      intake_.add(std::move(incoming));
    } catch (const RefusedEntry& refused) {
      intake_.refuse(shown, refused);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::invalid_argument) throw;
      intake_.refuse(shown, damaged(error.what()));
    }
  }

  void read_value(const json& line, Incoming& incoming) {
    const json* type_field = field(line, "type");
    const std::string type = type_field == nullptr ? "" : text_of(*type_field, "type");
    if (const json* bytes = field(line, "bytes")) {
      read_parts(line, type, whole_number<std::uint64_t>(*bytes, "bytes"), incoming);
    } else if (const json* encoded = field(line, "value_base64")) {
      set_bytes(incoming, type, from_base64(text_of(*encoded, "value_base64")), line);
    } else if (const json* value = field(line, "value")) {
      set_typed(incoming, type, *value);
    } else {
      throw damaged("it has no value");
    }
  }

  void read_parts(const json& line, const std::string& type, std::uint64_t bytes,
                  Incoming& incoming) {
    parts_bytes_ = bytes;
    part_.clear();
    if (type == "bytes" || type == "text") {
      incoming.schema = type == "text" ? Codec<std::string>::schema() : Codec<Bytes>::schema();
      incoming.content = [this](std::span<std::byte> out) { return read_part(out); };
      return;
    }
    Bytes whole;
    Bytes buffer(part_bytes);
    while (const std::size_t size = read_part(buffer)) {
      append(whole, BytesView(buffer).first(size));
    }
    set_bytes(incoming, type, std::move(whole), line);
  }

  // The next bytes of a value that is in lines of its own.
  std::size_t read_part(std::span<std::byte> out) {
    if (part_.empty()) {
      if (parts_bytes_ == 0) return 0;
      const std::optional<std::string_view> text = source_.next();
      const json line = text ? json::parse(*text, nullptr, false) : json();
      const json* part = line.is_object() ? field(line, "part") : nullptr;
      if (part == nullptr) {
        if (text) source_.put_back();
        throw damaged("a part of its value is missing");
      }
      part_ = from_base64(text_of(*part, "part"));
      if (part_.empty() || part_.size() > parts_bytes_) throw damaged("its parts do not fit");
      parts_bytes_ -= part_.size();
    }
    const std::size_t size = std::min(out.size(), part_.size());
    std::copy_n(part_.begin(), size, out.begin());
    part_.erase(part_.begin(), part_.begin() + static_cast<std::ptrdiff_t>(size));
    return size;
  }

  const std::string& name_;
  LineSource source_;
  Intake& intake_;
  const Console& console_;
  std::uint64_t parts_bytes_ = 0;  // of the value, not yet read
  Bytes part_;
  bool is_whole_ = false;
};

}  // namespace

void read_lines(const std::string& name, Intake& intake, const Console& console) {
  Reading(name, intake, console).run();
}

}  // namespace larder::cli
