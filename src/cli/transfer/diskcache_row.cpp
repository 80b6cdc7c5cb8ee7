// SPDX-License-Identifier: Apache-2.0
#include "cli/transfer/diskcache_row.h"

#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "cli/key_text.h"
#include "cli/transfer/json_key.h"
#include "cli/transfer/zlib_text.h"
#include "larder/codec/json.h"
#include "larder/core/error.h"

namespace larder::cli {
namespace {

// The column `mode`.
enum class Mode : std::int64_t { raw = 1, binary = 2, text = 3, pickle = 4 };

// Text is read as a whole; what is longer comes as a stream, which can be read as text, too.
constexpr std::uint64_t longest_text = std::uint64_t{64} << 20U;
constexpr std::size_t longest_tag = 65535;

RefusedEntry damaged(const std::string& why) { return {Refusal::damaged, why}; }
RefusedEntry unsupported(const std::string& why) { return {Refusal::unsupported, why}; }

template <typename T>
const T* as(const SqlValue& value) {
  return std::get_if<T>(&value);
}

std::int64_t whole_number(const SqlValue& value, const std::string& column) {
  if (const auto* number = as<std::int64_t>(value)) return *number;
  throw damaged("its " + column + " is no whole number");
}

void expect_utf8(const std::string& text, const std::string& what) {
  if (!is_utf8(text)) throw damaged(what + " is text that is not UTF-8");
}

std::optional<Json> json_of(BytesView packed) {
  const std::optional<Bytes> text = inflate_all(packed, max_json_bytes);
  if (!text) return std::nullopt;
  try {
    return Json::parse(as_text(*text));
  } catch (const Error& error) {
    throw unsupported("its JSON cannot be kept: " + std::string(error.what()));
  }
}

Key json_key(const SqlValue& key) {
  const auto* packed = as<Bytes>(key);
  const std::optional<Json> json = packed != nullptr ? json_of(*packed) : std::nullopt;
  if (!json) throw damaged("its key is not one of JSONDisk");
  try {
    return key_of_json(nlohmann::json::parse(json->text()));
  } catch (const Error& error) {
    throw unsupported("its key cannot be kept: " + std::string(error.what()));
  }
}

Key key_of(const DiskcacheRow& row, DiskKind kind) {
  if (whole_number(row.raw, "column raw") == 0) {
    throw RefusedEntry(Refusal::python, "its key is a pickled Python object");
  }
  if (kind == DiskKind::json) return json_key(row.key);
  if (const auto* number = as<std::int64_t>(row.key)) return *number;
  if (const auto* number = as<double>(row.key)) return *number;
  if (const auto* text = as<std::string>(row.key)) {
    expect_utf8(*text, "its key");
    return *text;
  }
  if (const auto* bytes = as<Bytes>(row.key)) return *bytes;
  throw damaged("it has no key");
}

WallTime expiry_of(const SqlValue& value) {
  double seconds = 0;
  if (const auto* number = as<double>(value)) {
    seconds = *number;
  } else if (const auto* whole = as<std::int64_t>(value)) {
    seconds = static_cast<double>(*whole);
  } else if (!std::holds_alternative<std::monostate>(value)) {
    throw damaged("its expiry is no time");
  } else {
    return WallTime::max();
  }
  constexpr double micro = 1e6;
  constexpr double farthest = 9e12;  // microseconds of it still fit
  if (std::isnan(seconds)) throw damaged("its expiry is no time");
  if (seconds >= farthest) return WallTime::max();
  if (seconds <= 0) return WallTime{};
  return WallTime{Duration{static_cast<std::int64_t>(std::ceil(seconds * micro))}};
}

std::vector<std::string> tags_of(const SqlValue& value) {
  std::string tag;
  if (std::holds_alternative<std::monostate>(value)) return {};
  if (const auto* text = as<std::string>(value)) {
    expect_utf8(*text, "its tag");
    tag = *text;
  }
  if (const auto* number = as<std::int64_t>(value)) tag = std::to_string(*number);
  if (const auto* number = as<double>(value)) tag = nlohmann::json(*number).dump();
  if (const auto* bytes = as<Bytes>(value)) tag = as_text(*bytes);
  if (tag.size() > longest_tag) throw unsupported("its tag is longer than 65535 bytes");
  return {tag};
}

/// Reads on from `file`, which lives as long as what this returns.
std::function<std::size_t(std::span<std::byte>)> stream_of(File file) {
  return [file = std::make_shared<File>(std::move(file))](std::span<std::byte> out) {
    const ssize_t size = Io::system().read(file->fd(), out.data(), out.size());
    if (size < 0) throw system_error(static_cast<int>(size), "cannot read a value file");
    return static_cast<std::size_t>(size);
  };
}

Bytes read_all(const ValueFolder::Value& found) {
  Bytes content(found.bytes);
  std::size_t done = 0;
  while (done < content.size()) {
    const ssize_t size =
        Io::system().read(found.file.fd(), content.data() + done, content.size() - done);
    if (size < 0) throw damaged("its value file cannot be read");
    if (size == 0) throw damaged("its value file is shorter than it was");
    done += static_cast<std::size_t>(size);
  }
  return content;
}

class ValueReading {
 public:
  ValueReading(DiskcacheRow& row, DiskKind kind, const ValueFolder& folder)
      : row_(row), kind_(kind), folder_(folder) {}

  void read_into(Incoming& incoming) {
    switch (static_cast<Mode>(whole_number(row_.mode, "column mode"))) {
      case Mode::raw:
        return read_raw(incoming);
      case Mode::binary:
        return read_binary(incoming);
      case Mode::text:
        return read_text(incoming);
      case Mode::pickle:
        throw RefusedEntry(Refusal::python, "its value is a pickled Python object");
    }
    throw damaged("its column mode says nothing that diskcache knows");
  }

 private:
  void read_raw(Incoming& incoming) {
    if (auto* bytes = std::get_if<Bytes>(&row_.value)) {
      if (kind_ == DiskKind::json) return read_json(*bytes, incoming);
      return set_value(incoming, *bytes);
    }
    if (kind_ == DiskKind::json) throw damaged("its value is not one of JSONDisk");
    if (const auto* number = as<std::int64_t>(row_.value)) return set_value(incoming, *number);
    if (const auto* number = as<double>(row_.value)) return set_value(incoming, *number);
    if (const auto* text = as<std::string>(row_.value)) {
      expect_utf8(*text, "its value");
      return set_value(incoming, *text);
    }
    throw damaged("its value is NULL, as which SQLite keeps a NaN");
  }

  void read_binary(Incoming& incoming) {
    ValueFolder::Value found = open();
    if (kind_ == DiskKind::json && found.bytes <= max_json_bytes) {
      const Bytes content = read_all(found);
      // What was stored from a stream is no JSON but bytes as they are.
      if (looks_like_zlib(content)) return read_json(content, incoming);
      return set_value(incoming, content);
    }
    incoming.content = stream_of(std::move(found.file));
  }

  void read_text(Incoming& incoming) {
    ValueFolder::Value found = open();
    if (found.bytes > longest_text) {
      incoming.content = stream_of(std::move(found.file));
      return;
    }
    const Bytes content = read_all(found);
    const std::string text(as_text(content));
    expect_utf8(text, "its value");
    set_value(incoming, text);
  }

  static void read_json(BytesView packed, Incoming& incoming) {
    const std::optional<Json> json = json_of(packed);
    if (!json) throw damaged("its value is not one of JSONDisk, or longer than 64 MiB");
    set_value(incoming, *json);
  }

  ValueFolder::Value open() {
    const auto* name = as<std::string>(row_.filename);
    if (name == nullptr) throw damaged("it names no value file");
    ValueFolder::Value found = folder_.open(*name);
    const std::int64_t size = whole_number(row_.size, "column size");
    if (size < 0 || static_cast<std::uint64_t>(size) != found.bytes) {
      throw damaged("its value file has " + std::to_string(found.bytes) + " bytes instead of " +
                    std::to_string(size));
    }
    return found;
  }

  DiskcacheRow& row_;
  DiskKind kind_;
  const ValueFolder& folder_;
};

}  // namespace

Incoming to_incoming(DiskcacheRow row, DiskKind kind, const ValueFolder& folder) {
  Incoming incoming{
      .key = key_of(row, kind),
      .options = {.expires_at = expiry_of(row.expire_time), .tags = tags_of(row.tag)}};
  ValueReading(row, kind, folder).read_into(incoming);
  return incoming;
}

bool has_json_key(const DiskcacheRow& row) {
  const auto* raw = as<std::int64_t>(row.raw);
  if (raw == nullptr || *raw == 0) return false;
  try {
    (void)json_key(row.key);
    return true;
  } catch (const RefusedEntry& refused) {
    return refused.refusal() != Refusal::damaged;
  }
}

std::string show_row_key(const DiskcacheRow& row, DiskKind kind) {
  constexpr std::size_t longest = 200;
  std::string shown;
  try {
    shown = show_key(key_of(row, kind));
  } catch (const RefusedEntry&) {
    // A pickle says little; its bytes at least tell one from another.
    if (const auto* bytes = as<Bytes>(row.key)) shown = Key(*bytes).to_string();
  }
  if (shown.empty()) return "an entry without a key";
  return shown.size() <= longest ? shown : shown.substr(0, longest) + "...";
}

}  // namespace larder::cli
