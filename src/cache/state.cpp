// SPDX-License-Identifier: Apache-2.0
#include "cache/state.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "larder/core/error.h"

namespace larder::detail {

namespace {

BytesView checked(BytesView prefix) {
  if (prefix.empty() || prefix.size() > max_prefix_bytes) {
    throw Error(ErrorKind::invalid_argument, "cache: the prefix must have 1 to 100 bytes");
  }
  if (prefix.front() == std::byte{0}) {
    throw Error(ErrorKind::invalid_argument,
                "cache: the prefix must not begin with a zero byte, as those of containers do");
  }
  return prefix;
}

// A file name for every prefix, the text itself if it may be one.
std::string shared_name(BytesView prefix) {
  const std::string_view text = as_text(prefix);
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  if (std::ranges::all_of(text, is_plain)) return std::string(text);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string name = "x-";
  for (const char c : text) {
    name += digits[static_cast<unsigned char>(c) >> 4U];
    name += digits[static_cast<unsigned char>(c) & 15U];
  }
  return name;
}

}  // namespace

CacheCore::State::State(EnginePtr engine_, CacheHooks hooks_, BytesView prefix)
    : engine(std::move(engine_)),
      is_read_only(engine->place().is_read_only),
      hooks(std::move(hooks_)),
      layout(checked(prefix)),
      statistics(*engine, shared_name(prefix)),
      latencies(*engine, shared_name(prefix)),
      files(std::make_shared<FileStore>(*engine, *hooks.io, shared_name(prefix))),
      eviction(*engine, shared_name(prefix), hooks.eviction_policy) {}

Error read_only_error(const std::filesystem::path& path) {
  return {ErrorKind::denied,
          "cache: " + path.string() + " is open read-only: open it with another mode to change it"};
}

Meta load_meta(ReadTxn& txn, const Layout& layout) {
  const EngineKey at = layout.meta();
  const std::optional<BytesView> stored = txn.get(at.view());
  return stored ? decode_meta(*stored, at.view()) : Meta{};
}

Meta CacheCore::State::meta() const {
  return engine->view([&](ReadTxn& txn) { return load_meta(txn, layout); });
}

bool CacheCore::State::was_cleared(ReadTxn& txn, const Record& record) const {
  return record.sequence < load_meta(txn, layout).cleared_below;
}

void CacheCore::State::adopt(const Settings& settings) const {
  if (!is_read_only) eviction.adopt(settings);
  if (compress_above_bytes.load(std::memory_order_relaxed) != settings.compress_above_bytes) {
    compress_above_bytes.store(settings.compress_above_bytes, std::memory_order_relaxed);
  }
  const std::uint64_t limit = files->is_available() ? settings.file_above_bytes : no_limit;
  if (file_above_bytes.load(std::memory_order_relaxed) != limit) {
    file_above_bytes.store(limit, std::memory_order_relaxed);
  }
}

}  // namespace larder::detail
