// SPDX-License-Identifier: Apache-2.0
#include "larder/cache/cache.h"

#include <utility>

#include "cache/shards.h"
#include "cache/state.h"
#include "cache/sweep.h"
#include "larder/cache/detail/scratch.h"

namespace larder {

namespace detail {

namespace {

using State = CacheCore::State;

// What cannot be cleaned up now stays for the next opening: it is in nobody's way.
void clean_up(const State& state) {
  try {
    detail::sweep_after_crash(state);
  } catch (const Error& error) {
    state.log(LogLevel::warning, std::string("cache: files may be left over: ") + error.what());
  }
}

}  // namespace

// Reads what is stored, so that a damaged cache or one of a later release is refused here; writes
// only what differs.
std::shared_ptr<CacheCore> start(std::unique_ptr<State> state, const CacheSettings& settings) {
  (void)detail::with_changes({}, settings);
  const detail::Meta meta = state->meta();
  state->adopt(meta.settings);
  state->statistics.raise_cleared_below(meta.cleared_below);
  State& kept = *state;
  auto core = std::make_shared<detail::CacheCore>(std::move(state));
  if (detail::with_changes(meta.settings, settings) != meta.settings) {
    core->change_settings(settings);
  }
  if (kept.is_read_only) return core;
  clean_up(kept);
  if (kept.hooks.reap_every && !kept.parent) {
    kept.reaper = std::make_unique<Reaper>(kept, *kept.hooks.reap_every);
  }
  return core;
}

}  // namespace detail

namespace {

using State = detail::CacheCore::State;

EnginePtr open_engine(const CacheOptions& options, const CacheHooks& hooks) {
  return open_lmdb(detail::engine_options(options, options.path), detail::engine_hooks(hooks));
}

constexpr std::string_view own_prefix = "cache";

}  // namespace

Cache Cache::open(const CacheOptions& options, CacheHooks hooks) {
  if (options.path.empty()) {
    throw Error(ErrorKind::invalid_argument, "cache: no path; for one that goes, use temporary()");
  }
  if (detail::find_shards(options, hooks) > 1) return Cache(detail::open_shards(options, hooks));
  EnginePtr engine = open_engine(options, hooks);
  auto state = std::make_unique<State>(std::move(engine), std::move(hooks), as_bytes(own_prefix));
  state->path = options.path;
  return Cache(detail::start(std::move(state), options.settings));
}

Cache Cache::temporary(const CacheSettings& settings, CacheHooks hooks) {
  auto directory = std::make_unique<detail::TemporaryDirectory>(*hooks.io);
  EnginePtr engine =
      open_engine({.path = directory->path(), .durability = Durability::disposable}, hooks);
  auto state = std::make_unique<State>(std::move(engine), std::move(hooks), as_bytes(own_prefix));
  state->path = directory->path();
  state->temporary = std::move(directory);
  return Cache(detail::start(std::move(state), settings));
}

Cache::Cache(EnginePtr engine, const CacheSettings& settings, CacheHooks hooks, BytesView prefix)
    : core_(detail::start(std::make_unique<State>(std::move(engine), std::move(hooks), prefix),
                          settings)) {}

std::optional<EntryInfo> Cache::info(const Key& key) const { return core_->info(key); }

bool Cache::contains(const Key& key) const { return core_->contains(key); }

void Cache::put(const Key& key, std::string_view text, const PutOptions& options) {
  put_text(key, text, options, detail::StoreMode::always);
}

bool Cache::add(const Key& key, std::string_view text, const PutOptions& options) {
  return put_text(key, text, options, detail::StoreMode::if_absent);
}

bool Cache::put_text(const Key& key, std::string_view text, const PutOptions& options,
                     detail::StoreMode mode) {
  detail::Scratch scratch;
  WireWriter(scratch.bytes()).write_str(text);
  return core_->store(key, Codec<std::string>::schema(), scratch.bytes(), options, mode);
}

bool Cache::erase(const Key& key) { return core_->erase(key); }

bool Cache::touch(const Key& key, std::optional<Duration> ttl) { return core_->touch(key, ttl); }

double Cache::incr(const Key& key, double delta, double initial) {
  return core_->count(key, delta, initial);
}

std::int64_t Cache::decr(const Key& key, std::int64_t delta, std::int64_t initial) {
  return core_->count(key, delta, detail::Step::down, initial);
}

std::uint64_t Cache::size() const { return core_->size(); }

std::uint64_t Cache::bytes() const { return core_->bytes(); }

CacheKeys Cache::keys(KeyOrder order, Direction direction) const {
  return {core_, order, direction};
}

std::uint64_t Cache::expire() { return core_->expire(); }

std::uint64_t Cache::evict() { return core_->evict(); }

std::uint64_t Cache::erase_tag(std::string_view tag) { return core_->erase_tag(tag); }

std::uint64_t Cache::clear() { return core_->clear(); }

CacheStats Cache::stats() const { return core_->stats(); }

void Cache::reset_stats() { core_->reset_stats(); }

CacheSettings Cache::settings() const { return core_->settings(); }

void Cache::change_settings(const CacheSettings& settings) { core_->change_settings(settings); }

VerifyReport Cache::verify(
    FunctionRef<void(std::uint64_t done, std::uint64_t total)> progress) const {
  return core_->verify(progress);
}

RepairReport Cache::repair(RepairMode mode,
                           FunctionRef<void(std::uint64_t done, std::uint64_t total)> progress) {
  return core_->repair(mode, progress);
}

std::uint64_t Cache::backup(const std::filesystem::path& directory) const {
  return core_->backup(directory);
}

const std::filesystem::path& Cache::path() const { return core_->state().path; }

Engine& Cache::engine() const {
  if (core_->parts().empty()) return core_->engine();
  throw Error(ErrorKind::not_supported,
              "cache: one in shards has no single engine, but engine_for() any name");
}

EnginePtr Cache::engine_for(std::string_view name) const {
  return core_->holder_of(Key(name)).state().engine;
}

}  // namespace larder
