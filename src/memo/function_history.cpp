// SPDX-License-Identifier: Apache-2.0
#include "larder/memo/function_history.h"

#include <algorithm>
#include <ranges>
#include <tuple>
#include <utility>

#include "larder/codec/standard.h"
#include "larder/core/error.h"
#include "larder/memo/detail/written_key.h"
#include "memo/copy_element.h"

namespace larder {
namespace {

constexpr std::string_view place_of_states = ".functions";

/// What is kept under the identity as key.
struct Remembered {
  WallTime since;
  std::optional<CodeExplanation> code;
};

using Parts = std::tuple<std::string, std::string, std::uint64_t, std::string>;

/// What the key stands for; nothing if somebody else put it there.
std::optional<Parts> parts_of(const Key& key) {
  try {
    return key.as<Parts>();
  } catch (const Error&) {
    return std::nullopt;
  }
}

FunctionIdentity identity_of(Parts parts) {
  auto& [name, version, signature, code] = parts;
  return {.name = std::move(name),
          .version = std::move(version),
          .signature = signature,
          .code = std::move(code)};
}

Key key_of(const FunctionIdentity& identity) {
  return Key(detail::WrittenKey{[&](KeyWriter& out) { identity.write(out); }});
}

/// The cache within that holds the states, if there is one.
std::optional<Cache> states_of(const Cache& cache) {
  const std::vector<std::string> names = cache.subs();
  if (std::ranges::find(names, place_of_states) == names.end()) return std::nullopt;
  Cache handle = cache;
  return handle.sub(place_of_states);
}

/// The key of the same call of a function in another state.
Key in_state(const Key& key, const FunctionIdentity& identity) {
  return Key(detail::WrittenKey{[&](KeyWriter& out) {
    KeyReader in(key.bytes());
    in.begin_tuple();
    in.skip();
    out.begin_tuple();
    identity.write(out);
    detail::copy_element(in, out);
    out.end_tuple();
  }});
}

}  // namespace

std::vector<FunctionState> function_history(const Cache& cache, std::string_view name) {
  std::vector<FunctionState> history;
  const std::optional<Cache> states = states_of(cache);
  if (!states) return history;
  for (const Key& key : states->keys()) {
    std::optional<Parts> parts = parts_of(key);
    if (!parts || (!name.empty() && std::get<0>(*parts) != name)) continue;
    std::optional<Remembered> remembered = states->get<Remembered>(key);
    if (!remembered) continue;
    history.push_back({.identity = identity_of(std::move(*parts)),
                       .since = remembered->since,
                       .code = std::move(remembered->code)});
  }
  std::ranges::sort(history, {}, &FunctionState::since);
  return history;
}

FunctionChanges compare(const FunctionState& before, const FunctionState& after) {
  FunctionChanges changes{.is_other_version = before.identity.version != after.identity.version,
                          .has_other_types = before.identity.signature != after.identity.signature,
                          .has_other_code = before.identity.code != after.identity.code};
  if (before.code && after.code) changes.code = compare(*before.code, *after.code);
  return changes;
}

namespace detail {

void remember_state(Cache& cache, const FunctionIdentity& identity,
                    FunctionRef<std::optional<CodeExplanation>()> explain) {
  if (identity.name.empty()) return;
  try {
    const Key key = key_of(identity);
    Cache states = cache.sub(place_of_states);
    if (states.contains(key)) return;
    states.add(key, Remembered{.since = Clock::system().now(), .code = explain()});
  } catch (const Error&) {
    // The cache is read-only, full or busy: only the history has a gap.
    return;
  }
}

std::optional<FunctionChanges> changes_since_kept(const Cache& cache, const Key& key) {
  if (cache.contains(key)) return std::nullopt;
  KeyReader in(key.bytes());
  in.begin_tuple();
  const FunctionIdentity now = identity_of(KeyCodec<Parts>::decode(in));
  const std::vector<FunctionState> history = function_history(cache, now.name);
  const auto current = std::ranges::find(
      history, key_of(now), [](const FunctionState& state) { return key_of(state.identity); });
  if (current == history.end()) return std::nullopt;
  for (const FunctionState& state : std::views::reverse(history)) {
    if (&state == &*current || !cache.contains(in_state(key, state.identity))) continue;
    return compare(state, *current);
  }
  return std::nullopt;
}

}  // namespace detail

}  // namespace larder
