// SPDX-License-Identifier: Apache-2.0

// Caches within caches.

#include <algorithm>
#include <set>
#include <utility>

#include "cache/shards.h"
#include "cache/state.h"
#include "cache/sub_directory.h"
#include "cache/table.h"
#include "larder/cache/cache.h"
#include "larder/cache/detail/cache_core.h"
#include "larder/core/error.h"
#include "larder/core/random.h"

namespace larder {

namespace detail {

namespace {

constexpr std::size_t max_name_bytes = 255;
constexpr std::uint64_t removed_at_once = 256;

void check_name(std::string_view name) {
  if (!name.empty() && name.size() <= max_name_bytes) return;
  throw Error(ErrorKind::invalid_argument,
              "cache: a name within a cache has 1 to 255 bytes, between slashes as well");
}

/// Seeded each time: processes made by fork would go on with the same numbers otherwise, and so put
/// two sub-caches in one place.
std::uint64_t new_number() { return random_seed(); }

}  // namespace

std::shared_ptr<CacheCore> CacheCore::open_sub(std::uint64_t number, const CacheSettings& settings,
                                               RemovalHook on_remove) const {
  CacheHooks hooks = state_->hooks;
  hooks.on_remove = std::move(on_remove);
  auto state = std::make_unique<State>(state_->engine, std::move(hooks),
                                       SubDirectory::prefix_of(state_->layout, number));
  state->parent = shared_from_this();
  state->path = state_->path;
  return start(std::move(state), settings);
}

std::shared_ptr<CacheCore> CacheCore::make_sub(SubKind kind, std::string_view name,
                                               const CacheSettings& settings,
                                               RemovalHook on_remove) const {
  check_name(name);
  if (!parts_.empty()) {
    // A queue is in one piece; a cache is in as many as the one around it.
    if (kind == SubKind::queue) {
      return part_of(Key(name))->make_sub(kind, name, settings, std::move(on_remove));
    }
    const std::vector<CacheSettings> shares = divide(settings, parts_.size());
    Parts subs;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      subs.push_back(parts_[i]->make_sub(kind, name, shares[i], on_remove));
    }
    return join(std::move(subs));
  }
  if (state_->layout.sub(0).view().size() > max_prefix_bytes) {
    throw Error(ErrorKind::invalid_argument, "cache: sub-caches are nested too deep");
  }
  const Settings at_first = with_changes({}, settings);
  std::optional<std::uint64_t> number = state_->engine->view(
      [&](ReadTxn& txn) { return SubDirectory(state_->layout, txn).find(kind, name); });
  if (!number) {
    number = state_->engine->update([&](WriteTxn& txn) {
      const SubDirectory directory(state_->layout, txn);
      if (const auto found = directory.find(kind, name)) return *found;
      if (state_->parent && !txn.get(state_->layout.meta().view())) {
        throw Error(ErrorKind::invalid_argument, "cache: this sub-cache was dropped");
      }
      const std::uint64_t made = new_number();
      directory.add(txn, kind, name, made);
      // From now on a sub-cache without this record is one that was dropped.
      const Layout layout(SubDirectory::prefix_of(state_->layout, made));
      Bytes meta;
      encode_meta({.settings = at_first}, layout.meta().view(), meta);
      txn.put(layout.meta().view(), meta);
      return made;
    });
  }
  return open_sub(*number, settings, std::move(on_remove));
}

std::shared_ptr<CacheCore> CacheCore::find_sub(SubKind kind, std::string_view name) const {
  if (!parts_.empty()) {
    if (kind == SubKind::queue) return part_of(Key(name))->find_sub(kind, name);
    return std::ranges::binary_search(sub_names(kind), name) ? make_sub(kind, name, {}, {})
                                                             : nullptr;
  }
  const auto number = state_->engine->view(
      [&](ReadTxn& txn) { return SubDirectory(state_->layout, txn).find(kind, name); });
  return number ? open_sub(*number, {}, {}) : nullptr;
}

std::vector<std::string> CacheCore::sub_names(SubKind kind) const {
  if (!parts_.empty()) {
    std::set<std::string> names;
    for (const auto& part : parts_) {
      for (std::string& one : part->sub_names(kind)) names.insert(std::move(one));
    }
    return {names.begin(), names.end()};
  }
  return state_->engine->view(
      [&](ReadTxn& txn) { return SubDirectory(state_->layout, txn).names(kind); });
}

void CacheCore::for_each_sub(
    FunctionRef<void(const std::string& name, const std::shared_ptr<CacheCore>& sub)> visit) const {
  for (const SubKind kind : {SubKind::cache, SubKind::queue}) {
    for (const std::string& name : sub_names(kind)) {
      if (const auto sub = find_sub(kind, name)) visit(name, sub);
    }
  }
}

bool CacheCore::drop_sub(SubKind kind, std::string_view name) {
  if (!parts_.empty()) {
    return sum([&](CacheCore& part) { return part.drop_sub(kind, name) ? 1U : 0U; }) > 0;
  }
  const std::shared_ptr<CacheCore> sub = find_sub(kind, name);
  if (!sub) return false;
  sub->remove_all(
      [&](WriteTxn& txn) { SubDirectory(state_->layout, txn).remove(txn, kind, name); });
  return true;
}

// In steps, so that others get their turn; whatever happens in between, it is either still there or
// all of it is gone.
void CacheCore::remove_all(const std::function<void(WriteTxn&)>& at_last) {
  for (;;) {
    for (const SubKind kind : {SubKind::cache, SubKind::queue}) {
      for (const std::string& name : sub_names(kind)) drop_sub(kind, name);
    }
    clear();
    sweep();
    const bool is_gone = state_->engine->update(
        [&](WriteTxn& txn) {
          const SubDirectory directory(state_->layout, txn);
          const bool is_empty = directory.names(SubKind::cache).empty() &&
                                directory.names(SubKind::queue).empty() &&
                                load_meta(txn, state_->layout).entries <= removed_at_once;
          if (!is_empty) return false;
          clear();
          sweep();
          txn.erase(state_->layout.meta().view());
          at_last(txn);
          return true;
        },
        {.deadline = std::nullopt, .frees_space = true});
    if (is_gone) return;
  }
}

}  // namespace detail

namespace {

/// The first part of a path, and the rest.
std::pair<std::string_view, std::string_view> split(std::string_view path) {
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return {path, {}};
  if (slash + 1 == path.size()) {
    throw Error(ErrorKind::invalid_argument, "cache: the name of a sub-cache ends in '/'");
  }
  return {path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace

Cache Cache::sub(std::string_view name, const CacheSettings& settings, RemovalHook on_remove) {
  const auto [first, rest] = split(name);
  if (rest.empty()) {
    return Cache(core_->make_sub(detail::SubKind::cache, first, settings, std::move(on_remove)));
  }
  return Cache(core_->make_sub(detail::SubKind::cache, first, {}, {}))
      .sub(rest, settings, std::move(on_remove));
}

std::vector<std::string> Cache::subs() const { return core_->sub_names(detail::SubKind::cache); }

bool Cache::drop_sub(std::string_view name) {
  const auto [first, rest] = split(name);
  if (rest.empty()) return core_->drop_sub(detail::SubKind::cache, first);
  const auto found = core_->find_sub(detail::SubKind::cache, first);
  return found && Cache(found).drop_sub(rest);
}

}  // namespace larder
