// SPDX-License-Identifier: Apache-2.0

// What deques, indexes and the objects of sync keep in an engine, changed in any way: entries of
// sound structures are cut, replaced, exchanged or taken away, and sealed anew, so that checksums
// tell nothing. Neither looking at them nor using them does more than throw.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "codec/frame.h"
#include "input.h"
#include "larder/container/deque.h"
#include "larder/container/index.h"
#include "larder/core/error.h"
#include "larder/sync/averager.h"
#include "larder/sync/counter.h"
#include "larder/sync/once.h"
#include "larder/sync/rate_limiter.h"

namespace larder {
namespace {

using Jobs = Deque<std::string>;
using Results = Index<std::string, std::string>;
using Stored = std::vector<std::pair<Bytes, Bytes>>;

void require(bool condition) {
  if (!condition) std::abort();
}

RateLimit by_bucket() { return {.count = 3}; }
RateLimit by_window() { return {.count = 3, .shape = RateShape::sliding_window}; }

Stored entries_of(Engine& engine) {
  Stored found;
  engine.view([&](ReadTxn& txn) {
    txn.scan({}, Direction::forward, [&](BytesView key, BytesView value) {
      found.emplace_back(to_bytes(key), to_bytes(value));
      return Visit::more;
    });
  });
  return found;
}

/// The entries of a deque with taken and dead items, an index, and one of each object of sync that
/// is kept.
Stored entries_of_structures() {
  const ManualClock clock;  // so that each run has the same
  const EnginePtr engine = open_memory_engine({.clock = &clock});
  Jobs jobs(engine, "jobs", {.max_attempts = 2});
  for (int i = 0; i < 300; ++i) jobs.push_back("job " + std::to_string(i));
  jobs.insert(150, "between");
  std::vector<Taken<std::string>> taken;
  for (int i = 0; i < 4; ++i) {
    if (auto one = jobs.take_front()) taken.push_back(std::move(*one));
  }
  taken.pop_back();                              // comes back
  for (int i = 0; i < 2; ++i) jobs.take_back();  // a dead letter
  Results results(engine, "results");
  for (int i = 0; i < 40; ++i) results.put("page " + std::to_string(i), "found");
  Counter(engine, "counter").add(7);
  Averager(engine, "averager").add(0.5);
  static_cast<void>(RateLimiter(engine, "bucket", by_bucket()).try_acquire());
  static_cast<void>(RateLimiter(engine, "window", by_window()).try_acquire());
  Once(engine, "once").call([] {});
  return entries_of(*engine);  // as they are while items are taken
}

const Stored& sound_entries() {
  static const Stored entries = entries_of_structures();
  return entries;
}

/// Changes the payload of a sound entry.
Bytes changed(Bytes payload, Input& input) {
  const std::size_t deed = input.byte() % 4;
  const std::size_t place = payload.empty() ? 0 : input.number(payload.size());
  switch (deed) {
    case 0:
      if (!payload.empty()) payload[place] = static_cast<std::byte>(input.byte());
      return payload;
    case 1:
      payload.resize(place);
      return payload;
    case 2:
      return to_bytes(input.take(input.byte()));
    default: {
      const BytesView more = input.take(input.byte() % 16);
      payload.insert(payload.begin() + static_cast<std::ptrdiff_t>(place), more.begin(),
                     more.end());
      return payload;
    }
  }
}

void damage_one(Stored& entries, Input& input) {
  auto& [key, value] = entries[input.number(entries.size())];
  const std::optional<FrameView> opened = open_frame(value, key);
  switch (input.byte() % 5) {
    case 0:
      value.clear();
      return;
    case 1:  // without a seal that fits
      value = to_bytes(input.take(input.byte()));
      return;
    case 2: {
      const auto& [other_key, other] = entries[input.byte() % entries.size()];
      const std::optional<FrameView> theirs = open_frame(other, other_key);
      if (theirs) value = frame(theirs->header, to_bytes(theirs->payload), key);
      return;
    }
    default:
      if (opened) value = frame(opened->header, changed(to_bytes(opened->payload), input), key);
  }
}

EnginePtr damaged_engine(Input input, const ManualClock& clock) {
  Stored entries = sound_entries();
  while (!input.ended()) damage_one(entries, input);
  EnginePtr engine = open_memory_engine({.clock = &clock});
  engine->update([&](WriteTxn& txn) {
    for (const auto& [key, value] : entries) {
      if (!value.empty()) txn.put(key, value);
    }
  });
  return engine;
}

void try_to(const std::function<void()>& deed) {
  try {
    deed();
  } catch (const Error& error) {
    require(error.kind() == ErrorKind::corrupt || error.kind() == ErrorKind::not_supported ||
            error.kind() == ErrorKind::full || error.kind() == ErrorKind::invalid_argument);
  }
}

void use_deque(const EnginePtr& engine) {
  std::optional<Jobs> jobs;
  try_to([&] { jobs.emplace(engine, "jobs"); });
  if (!jobs) return;
  std::uint64_t size = 0;
  const std::vector<std::function<void()>> deeds = {
      [&] { size = jobs->size(); },
      [&] { static_cast<void>(jobs->get(size / 2)); },
      [&] { static_cast<void>(jobs->snapshot(0, 1000)); },
      [&] { static_cast<void>(std::ranges::distance(jobs->items(0, 1000))); },
      [&] { static_cast<void>(jobs->bring_back()); },
      [&] { static_cast<void>(jobs->requeue_dead_letters()); },
      [&] { jobs->push_back("one more"); },
      [&] { jobs->insert(size / 3, "in between"); },
      [&] { static_cast<void>(jobs->set(1, "another")); },
      [&] { static_cast<void>(jobs->erase(size / 4)); },
      [&] { jobs->rotate(5); },
      [&] { static_cast<void>(jobs->pop_back()); },
      [&] {
        if (auto taken = jobs->take_front()) taken->done();
      },
      [&] { jobs->set_max_size(100); },
      [&] { jobs->clear(); },
      [&] { jobs->push_front("anew"); },
  };
  for (const auto& deed : deeds) try_to(deed);
}

void use_index(const EnginePtr& engine) {
  std::optional<Results> results;
  try_to([&] { results.emplace(engine, "results"); });
  if (!results) return;
  const std::vector<std::function<void()>> deeds = {
      [&] { static_cast<void>(results->size()); },
      [&] { static_cast<void>(results->get("page 7")); },
      [&] { static_cast<void>(results->snapshot(KeyOrder::insertion)); },
      [&] { static_cast<void>(results->snapshot(KeyOrder::key)); },
      [&] { results->put("page 7", "again"); },
      [&] { results->put("page 99", "more"); },
      [&] { static_cast<void>(results->pop("page 8")); },
      [&] { static_cast<void>(results->pop_first()); },
      [&] { static_cast<void>(results->pop_last(KeyOrder::key)); },
      [&] { static_cast<void>(results->erase("page 9")); },
      [&] { results->clear(); },
      [&] { results->put("page 1", "anew"); },
  };
  for (const auto& deed : deeds) try_to(deed);
}

void use_limiter(const EnginePtr& engine, const Key& name, const RateLimit& limit) {
  try_to([&] {
    RateLimiter limiter(engine, name, limit);
    for (int i = 0; i < 4; ++i) static_cast<void>(limiter.try_acquire());
    limiter.reset();
  });
}

void use_sync(const EnginePtr& engine) {
  try_to([&] { static_cast<void>(Counter(engine, "counter").add(1)); });
  try_to([&] { static_cast<void>(Counter(engine, "counter").pop()); });
  try_to([&] { Averager(engine, "averager").add(1); });
  try_to([&] { static_cast<void>(Averager(engine, "averager").pop()); });
  use_limiter(engine, "bucket", by_bucket());
  use_limiter(engine, "window", by_window());
  try_to([&] { static_cast<void>(Once(engine, "once").is_done()); });
  try_to([&] { static_cast<void>(Once(engine, "once").reset()); });
}

void try_all(BytesView data) {
  const ManualClock clock;
  const EnginePtr engine = damaged_engine(Input(data), clock);
  use_deque(engine);
  use_index(engine);
  use_sync(engine);
}

}  // namespace
}  // namespace larder

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  larder::try_all(std::as_bytes(std::span(data, size)));
  return 0;
}
