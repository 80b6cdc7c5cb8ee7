// SPDX-License-Identifier: Apache-2.0

// What a cache in shards does as a whole. What concerns one key is done by the shard that has it.

#include <xxhash.h>

#include <algorithm>
#include <map>
#include <utility>

#include "cache/patience.h"
#include "cache/reports.h"
#include "cache/shards.h"
#include "cache/state.h"
#include "larder/cache/detail/cache_core.h"

namespace larder::detail {

namespace {

std::uint64_t add_limits(std::uint64_t a, std::uint64_t b) {
  return a == no_limit || b == no_limit ? no_limit : a + b;
}

void add(CacheStats& sum, const CacheStats& one) {
  for (const auto member :
       {&CacheStats::hits, &CacheStats::misses, &CacheStats::puts, &CacheStats::erased,
        &CacheStats::expired, &CacheStats::evicted, &CacheStats::schema_misses,
        &CacheStats::corrupt_misses, &CacheStats::loads, &CacheStats::load_failures,
        &CacheStats::stale_hits}) {
    sum.*member += one.*member;
  }
  sum.latencies += one.latencies;
}

}  // namespace

CacheCore::CacheCore(std::unique_ptr<State> state, Parts parts)
    : state_(std::move(state)), parts_(std::move(parts)) {}

// Stored on disk: never change.
std::size_t CacheCore::number_of(const Key& key) const noexcept {
  return XXH3_64bits(key.bytes().data(), key.bytes().size()) % parts_.size();
}

std::shared_ptr<CacheCore> CacheCore::join(Parts parts) const {
  auto state =
      std::make_unique<State>(open_memory_engine(), state_->hooks, state_->layout.prefix());
  state->path = state_->path;
  return std::make_shared<CacheCore>(std::move(state), std::move(parts));
}

// Always in the same order, so that nobody waits in a circle.
void CacheCore::transact(FunctionRef<void()> body, const UpdateOptions& options) {
  const auto update = [&](Engine& engine, FunctionRef<void()> run) {
    Patience::apply(options, [&](const UpdateOptions& limited, bool& has_begun) {
      engine.update(
          [&](WriteTxn&) {
            has_begun = true;
            run();
          },
          limited);
    });
  };
  const auto run_from = [&](const auto& self, std::size_t i) -> void {
    if (i == parts_.size()) return body();
    update(parts_[i]->engine(), [&] { self(self, i + 1); });
  };
  if (!parts_.empty()) return run_from(run_from, 0);
  update(engine(), body);
}

std::uint64_t CacheCore::sum(FunctionRef<std::uint64_t(CacheCore& part)> of) const {
  std::uint64_t total = 0;
  for (const auto& part : parts_) total += of(*part);
  return total;
}

std::uint64_t CacheCore::size() const {
  if (parts_.empty()) return state_->meta().entries;
  return sum([](CacheCore& part) { return part.size(); });
}

std::uint64_t CacheCore::bytes() const {
  if (parts_.empty()) return state_->meta().bytes;
  return sum([](CacheCore& part) { return part.bytes(); });
}

CacheStats CacheCore::stats() const {
  if (parts_.empty()) {
    CacheStats own = state_->statistics.read();
    own.latencies = state_->latencies.read();
    return own;
  }
  CacheStats total;
  for (const auto& part : parts_) add(total, part->stats());
  return total;
}

void CacheCore::reset_stats() {
  if (state_->is_read_only) throw read_only_error(state_->path);
  state_->statistics.reset();
  state_->latencies.reset();
  for (const auto& part : parts_) part->reset_stats();
}

CacheSettings CacheCore::settings() const {
  if (parts_.empty()) return to_public(state_->meta().settings);
  CacheSettings total = parts_.front()->settings();
  for (std::size_t i = 1; i < parts_.size(); ++i) {
    const CacheSettings share = parts_[i]->settings();
    total.max_entries = add_limits(*total.max_entries, *share.max_entries);
    total.max_bytes = add_limits(*total.max_bytes, *share.max_bytes);
  }
  return total;
}

EngineInfo CacheCore::storage() const {
  if (parts_.empty()) return engine().info();
  EngineInfo total{.uri = "lmdb:" + state_->path.string()};
  for (const auto& part : parts_) {
    const EngineInfo one = part->storage();
    total.entries += one.entries;
    total.disk_bytes += one.disk_bytes;
    total.used_bytes += one.used_bytes;
    total.syncs += one.syncs;
  }
  return total;
}

void CacheCore::store_in_parts(std::span<const NewValue> values, std::uint64_t schema,
                               const PutOptions& options) {
  std::map<std::size_t, std::vector<NewValue>> by_part;
  for (const NewValue& one : values) by_part[number_of(*one.key)].push_back(one);
  const auto store_all = [&] {
    for (const auto& [number, own] : by_part) parts_[number]->store_many(own, schema, options);
  };
  if (by_part.size() <= 1) return store_all();
  transact(store_all, {});
}

void CacheCore::read_from_parts(
    std::span<const Key> keys, std::uint64_t schema, const ReadOptions& options,
    FunctionRef<void(std::size_t place, const SeenEntry&)> visit) const {
  for (std::size_t number = 0; number < parts_.size(); ++number) {
    std::vector<Key> own;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (number_of(keys[i]) != number) continue;
      own.push_back(keys[i]);
      places.push_back(i);
    }
    if (own.empty()) continue;
    parts_[number]->read_many(own, schema, options, [&](std::size_t place, const SeenEntry& entry) {
      visit(places[place], entry);
    });
  }
}

VerifyReport CacheCore::verify_parts(
    FunctionRef<void(std::uint64_t done, std::uint64_t total)> progress) const {
  VerifyReport total;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    add_part(total, shard_name(i), parts_[i]->verify(progress));
  }
  return total;
}

RepairReport CacheCore::repair_parts(
    RepairMode mode, FunctionRef<void(std::uint64_t done, std::uint64_t total)> progress) {
  RepairReport total;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    add_part(total, shard_name(i), parts_[i]->repair(mode, progress));
  }
  return total;
}

std::uint64_t CacheCore::backup_parts(const std::filesystem::path& directory) const {
  const CacheOptions options{.path = directory,
                             .shards = static_cast<std::uint32_t>(parts_.size()),
                             .mode = parts_.front()->engine().place().mode};
  (void)find_shards(options, state_->hooks);
  return sum(
      [&](CacheCore& part) { return part.backup(directory / part.state().path.filename()); });
}

}  // namespace larder::detail
