// SPDX-License-Identifier: Apache-2.0
#include "container/taken_records.h"

#include <set>

#include "container/damage.h"
#include "container/run_tree.h"
#include "core/other_process.h"
#include "larder/core/error.h"
#include "larder/core/process.h"
#include "larder/key/key.h"

namespace larder::detail {

namespace {

constexpr std::size_t taken_fields = 5;
constexpr std::size_t taker_fields = 5;
constexpr std::size_t older_taker_fields = 4;  // without presence

std::string describe(std::string_view what, std::int64_t number) {
  return std::string(what) + " " + std::to_string(number);
}

void put(WriteTxn& txn, const KeyBuffer& key, FunctionRef<void(WireWriter&)> write) {
  Bytes payload;
  WireWriter out(payload);
  write(out);
  Subspace::put(txn, key, 0, payload);
}

std::vector<std::int64_t> list(ReadTxn& txn, const Subspace& place, std::uint8_t space) {
  const std::size_t prefix = place.key(space).size();
  std::vector<std::int64_t> numbers;
  txn.scan(place.range(space), Direction::forward, [&](BytesView key, BytesView) {
    numbers.push_back(Key::from_bytes(key.subspan(prefix)).as<std::int64_t>());
    return Visit::more;
  });
  return numbers;
}

std::optional<Taker> read_taker(ReadTxn& txn, const Subspace& place, std::int64_t number) {
  return unless_damaged([&] {
    const KeyBuffer key = place.key(DequeSpace::taker, number);
    WireReader in(place.get(txn, key.view(), describe("taker", number)).payload);
    const std::uint64_t fields = in.read_array();
    if (fields != taker_fields && fields != older_taker_fields) in.fail("no taker");
    Taker taker;
    taker.pid = in.read_int();
    taker.start_ticks = in.read_uint();
    taker.process_space = in.read_uint();
    taker.boot = in.read_str();
    if (fields == taker_fields) taker.presence = in.read_uint();
    in.expect_end();
    return taker;
  });
}

std::vector<KnownTaker> read_takers(ReadTxn& txn, const Subspace& place, const auto& numbers) {
  std::vector<KnownTaker> takers;
  takers.reserve(numbers.size());
  for (const std::int64_t number : numbers) {
    takers.push_back({.number = number, .taker = read_taker(txn, place, number)});
  }
  return takers;
}

}  // namespace

Taker Taker::current(const std::string& boot, Engine& engine) {
  const ProcessIdentity process = current_process();
  return {.pid = process.pid,
          .start_ticks = process.start_ticks,
          .process_space = larder::process_space(),
          .boot = boot,
          .presence = engine.presence()};
}

bool Taker::is_same_process(const Taker& other) const noexcept {
  return pid == other.pid && start_ticks == other.start_ticks &&
         process_space == other.process_space && boot == other.boot;
}

bool Taker::has_ended(const Taker& mine, Engine& engine, Look look) const {
  if (is_same_process(mine)) return false;
  if (boot != mine.boot) return true;
  if (process_space != mine.process_space) return !engine.is_present(presence);
  if (!has_process(static_cast<pid_t>(pid))) return true;
  if (look == Look::brief) return false;
  return !is_running(
      {.pid = static_cast<pid_t>(pid), .start_ticks = start_ticks, .boot_id = boot_id()});
}

void store_taken(WriteTxn& txn, const Subspace& place, std::int64_t item,
                 const TakenRecord& record) {
  put(txn, place.key(DequeSpace::taken, item), [&](WireWriter& out) {
    out.write_array(taken_fields);
    out.write_uint(record.token);
    out.write_uint(record.attempts);
    out.write_int(record.taker);
    out.write_int(record.lease_end);
    out.write_uint(record.end == DequeEnd::front ? 0 : 1);
  });
}

std::optional<TakenRecord> find_taken(ReadTxn& txn, const Subspace& place, std::int64_t item) {
  const auto found =
      place.find(txn, place.key(DequeSpace::taken, item).view(), describe("the taken item", item));
  if (!found) return std::nullopt;
  WireReader in(found->payload);
  if (in.read_array() != taken_fields) in.fail("no taken item");
  TakenRecord record;
  record.token = in.read_uint();
  record.attempts = in.read_uint();
  record.taker = in.read_int();
  record.lease_end = in.read_int();
  record.end = in.read_uint() == 0 ? DequeEnd::front : DequeEnd::back;
  in.expect_end();
  return record;
}

std::vector<std::int64_t> list_taken(ReadTxn& txn, const Subspace& place) {
  return list(txn, place, DequeSpace::taken);
}

void store_attempts(WriteTxn& txn, const Subspace& place, std::int64_t item,
                    std::uint64_t attempts) {
  put(txn, place.key(DequeSpace::attempts, item),
      [&](WireWriter& out) { out.write_uint(attempts); });
}

std::uint64_t load_attempts(ReadTxn& txn, const Subspace& place, std::int64_t item) {
  const auto found = place.find(txn, place.key(DequeSpace::attempts, item).view(),
                                describe("the attempts of the item", item));
  if (!found) return 0;
  WireReader in(found->payload);
  const std::uint64_t attempts = in.read_uint();
  in.expect_end();
  return attempts;
}

void store_taker(WriteTxn& txn, const Subspace& place, std::int64_t number, const Taker& taker) {
  put(txn, place.key(DequeSpace::taker, number), [&](WireWriter& out) {
    out.write_array(taker_fields);
    out.write_int(taker.pid);
    out.write_uint(taker.start_ticks);
    out.write_uint(taker.process_space);
    out.write_str(taker.boot);
    out.write_uint(taker.presence);
  });
}

std::vector<KnownTaker> list_takers(ReadTxn& txn, const Subspace& place) {
  return read_takers(txn, place, list(txn, place, DequeSpace::taker));
}

std::vector<KnownTaker> list_owners(ReadTxn& txn, const Subspace& place, std::uint64_t taken) {
  const std::vector<std::int64_t> takers = list(txn, place, DequeSpace::taker);
  if (taken >= takers.size()) return read_takers(txn, place, takers);
  std::set<std::int64_t> owners;
  for (const std::int64_t item : list_taken(txn, place)) {
    const auto record = unless_damaged([&] { return find_taken(txn, place, item); });
    // Nobody has one that is damaged.
    if (record && *record) owners.insert((*record)->taker);
  }
  return read_takers(txn, place, owners);
}

std::vector<std::int64_t> find_ended(const std::vector<KnownTaker>& takers, const Taker& mine,
                                     Engine& engine, Look look) {
  std::vector<std::int64_t> ended;
  for (const auto& [number, taker] : takers) {
    if (!taker || taker->has_ended(mine, engine, look)) ended.push_back(number);
  }
  return ended;
}

}  // namespace larder::detail
