// SPDX-License-Identifier: Apache-2.0

// A cache in shards on disk: how many there are, and where. docs/format/cache.md has the file.

#include "cache/shards.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <span>
#include <string>
#include <utility>

#include "core/exists.h"
#include "larder/core/error.h"
#include "larder/core/random.h"

namespace larder::detail {

namespace {

constexpr std::uint32_t most_shards = 256;
constexpr std::string_view first_word = "larder cache, shards: ";

std::filesystem::path count_file(const std::filesystem::path& path) { return path / "shards"; }

std::filesystem::path shard_path(const std::filesystem::path& path, std::uint32_t number) {
  std::string name = std::to_string(number);
  return path / (std::string(3 - name.size(), '0') + name);
}

void check_presence(Io& io, const std::vector<std::filesystem::path>& paths) {
  const auto made = std::span(paths).first(count_made(io, paths));
  const auto missing = std::ranges::find_if_not(
      made, [&](const std::filesystem::path& path) { return holds_database(io, path); });
  if (missing == made.end()) return;
  throw Error(ErrorKind::corrupt,
              "cache: the shard " + missing->string() +
                  " is missing; restore it from a copy, or repair the cache to lose only that");
}

// 0 if the cache is in one piece, or is not there yet.
std::uint32_t stored_shards(Io& io, const std::filesystem::path& path) {
  const std::filesystem::path file = count_file(path);
  if (!exists(io, file)) return 0;
  const Bytes bytes = read_file(io, file);
  const std::string_view text = as_text(bytes);
  std::uint32_t count = 0;
  const bool begins = text.starts_with(first_word);
  const char* end = text.data() + text.size();
  const auto parsed = begins ? std::from_chars(text.data() + first_word.size(), end, count)
                             : std::from_chars_result{end, std::errc::invalid_argument};
  const bool is_whole = parsed.ec == std::errc() && parsed.ptr + 1 == end && *parsed.ptr == '\n';
  if (!is_whole || count < 2 || count > most_shards) {
    throw Error(ErrorKind::corrupt,
                file.string() + " is damaged: it should say '" + std::string(first_word) + "N'");
  }
  return count;
}

// The name appears when all that belongs to it is there. Returns what is there then: another
// process may have been faster.
std::uint32_t create(Io& io, const CacheOptions& options) {
  const std::uint32_t count = *options.shards;
  const std::uint32_t directory_mode = options.mode | ((options.mode & 0444U) >> 2U);
  create_directories(io, options.path, directory_mode);
  for (std::uint32_t i = 0; i < count; ++i) {
    create_directories(io, shard_path(options.path, i), directory_mode);
  }
  Random random(random_seed());
  const std::filesystem::path made = options.path / ("shards-" + std::to_string(random()));
  const std::string text = std::string(first_word) + std::to_string(count) + "\n";
  {
    const File file(io, made, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, options.mode);
    write_all(io, file.fd(), as_bytes(text), made);
    if (const int result = io.fsync(file.fd()); result < 0) {
      throw system_error(result, "create " + made.string());
    }
  }
  const int linked = io.link(made, count_file(options.path));
  io.unlink(made);
  if (linked < 0 && linked != -EEXIST) {
    throw system_error(linked, "create " + count_file(options.path).string());
  }
  sync_directory(io, options.path);
  return stored_shards(io, options.path);
}

// The engine looks after a cache in one piece.
void check_open_mode(Io& io, const CacheOptions& options, std::uint32_t there) {
  const bool is_in_one_piece = there == 0 && holds_database(io, options.path);
  if (options.open_mode == OpenMode::create && there != 0) {
    throw Error(ErrorKind::invalid_argument,
                "cache: there is one in " + options.path.string() + " already");
  }
  const bool may_be_made =
      options.open_mode == OpenMode::create || options.open_mode == OpenMode::open_or_create;
  if (!may_be_made && there == 0 && !is_in_one_piece) {
    throw Error(ErrorKind::invalid_argument, "cache: there is none in " + options.path.string());
  }
}

[[noreturn]] void refuse(const CacheOptions& options, std::uint32_t there) {
  throw Error(ErrorKind::invalid_argument,
              "cache: " + options.path.string() + " is in " + std::to_string(there) +
                  " shards, not " + std::to_string(*options.shards) +
                  ": leave CacheOptions::shards unset, or copy the entries to a new cache");
}

}  // namespace

std::uint32_t find_shards(const CacheOptions& options, const CacheHooks& hooks) {
  if (options.shards && (*options.shards == 0 || *options.shards > most_shards)) {
    throw Error(ErrorKind::invalid_argument, "cache: there can be 1 to 256 shards");
  }
  std::uint32_t there = stored_shards(*hooks.io, options.path);
  const bool is_new = there == 0;
  check_open_mode(*hooks.io, options, there);
  if (is_new && options.shards.value_or(1) == 1) return 1;
  if (is_new && holds_database(*hooks.io, options.path)) refuse(options, 1);
  if (is_new) there = create(*hooks.io, options);
  if (options.shards && *options.shards != there) refuse(options, there);
  return there;
}

std::vector<std::filesystem::path> engine_paths(const CacheOptions& options,
                                                const CacheHooks& hooks) {
  const std::uint32_t count = find_shards(options, hooks);
  if (count == 1) return {options.path};
  std::vector<std::filesystem::path> paths;
  paths.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) paths.push_back(shard_path(options.path, i));
  return paths;
}

bool holds_database(Io& io, const std::filesystem::path& path) {
  return exists(io, path / "data.mdb");
}

std::size_t count_made(Io& io, const std::vector<std::filesystem::path>& paths) {
  const auto is_begun = [&](const std::filesystem::path& path) {
    const auto has = [&](const char* name) { return exists(io, path / name); };
    // The last three come after the database.
    return exists(io, path) && !has("data.mdb") && !has("lock.mdb") && !has("shared") &&
           !has("clean");
  };
  std::size_t made = paths.size();
  while (made > 0 && is_begun(paths[made - 1])) --made;
  return made;
}

std::string shard_name(std::size_t number) { return "shard " + std::to_string(number); }

LmdbOptions engine_options(const CacheOptions& options, const std::filesystem::path& path) {
  return {.path = path,
          .open_mode = options.open_mode,
          .durability = options.durability,
          .timeout = options.timeout,
          .mode = options.mode,
          .compact_on_close = options.compact_on_close};
}

EngineHooks engine_hooks(const CacheHooks& hooks) {
  return {.clock = hooks.clock, .io = hooks.io, .log = hooks.log};
}

std::shared_ptr<CacheCore> open_shards(const CacheOptions& options, const CacheHooks& hooks) {
  if (hooks.eviction_policy) {
    throw Error(ErrorKind::not_supported,
                "cache: a policy of your own serves one cache, not several shards");
  }
  // From here on it is there; only its shards may still have to be made.
  CacheOptions known = options;
  if (options.open_mode != OpenMode::read_only) known.open_mode = OpenMode::open_or_create;
  const std::vector<std::filesystem::path> paths = engine_paths(known, hooks);
  const std::vector<CacheSettings> shares = divide(options.settings, paths.size());
  CacheCore::Parts parts;
  check_presence(*hooks.io, paths);
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const std::filesystem::path& path = paths[i];
    LmdbOptions own = engine_options(known, path);
    own.compact_on_close /= static_cast<std::int64_t>(paths.size());
    EnginePtr engine = open_lmdb(own, engine_hooks(hooks));
    auto state = std::make_unique<CacheCore::State>(std::move(engine), hooks, as_bytes("cache"));
    state->path = path;
    parts.push_back(start(std::move(state), shares[i]));
  }
  auto state = std::make_unique<CacheCore::State>(open_memory_engine(), hooks, as_bytes("cache"));
  state->path = options.path;
  return std::make_shared<CacheCore>(std::move(state), std::move(parts));
}

std::vector<CacheSettings> divide(const CacheSettings& settings, std::size_t count) {
  std::vector<CacheSettings> shares(count, settings);
  const auto share = [&](std::optional<std::uint64_t> CacheSettings::* limit, const char* name) {
    const std::optional<std::uint64_t> all = settings.*limit;
    if (!all || *all == no_limit || *all == 0) return;  // zero is refused by each shard
    if (*all < count) {
      throw Error(ErrorKind::invalid_argument, std::string("cache settings: ") + name +
                                                   " must be at least the number of shards");
    }
    for (std::size_t i = 0; i < count; ++i) {
      shares[i].*limit = *all / count + (i < *all % count ? 1 : 0);
    }
  };
  share(&CacheSettings::max_entries, "max_entries");
  share(&CacheSettings::max_bytes, "max_bytes");
  return shares;
}

}  // namespace larder::detail
