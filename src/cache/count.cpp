// SPDX-License-Identifier: Apache-2.0

// Counters: numbers that are changed where they are stored.

#include <string>

#include "cache/stored_value.h"
#include "cache/table.h"
#include "larder/cache/detail/cache_core.h"
#include "larder/codec/scalar.h"
#include "larder/core/error.h"

namespace larder::detail {

namespace {

// What came of it; refusals leave the update by its front door, so that a transaction around it can
// go on.
enum class Outcome { done, other_type, overflow, full };

[[noreturn]] void refuse(Outcome outcome, const Key& key, std::string_view type) {
  if (outcome == Outcome::full) throw full_error(key);
  throw Error(ErrorKind::invalid_argument,
              "cache: incr " + key.to_string() + ": " +
                  (outcome == Outcome::overflow ? "the result does not fit into 64 bits"
                                                : "the value is not " + std::string(type)));
}

/// The number in `record`; nothing if it is something else.
template <typename Number>
std::optional<Number> number_in(const Record& record) {
  if (record.file || record.is_raw || record.compressed) return std::nullopt;
  try {
    return decode<Number>(record.value);
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// Replaces the number under `key` by `change(number)`; a result of nothing is an overflow.
template <typename Number, typename Change>
Number change_number(const CacheCore::State& state, const Key& key, Number initial,
                     std::string_view type, Change change) {
  Number result = initial;
  const Outcome outcome = update(state, {}, [&](Table& table) {
    const std::optional<Record> old = table.find(key.bytes());
    const std::optional<Number> before = old ? number_in<Number>(*old) : initial;
    if (!before) return Outcome::other_type;
    const std::optional<Number> after = change(*before);
    if (!after) return Outcome::overflow;
    result = *after;

    const Bytes value = encode(result);
    const Record record = {.stored_at = table.now(),
                           .expires_at = old ? old->expires_at : table.default_expiry(),
                           .timing = old ? old->timing : Timing{},
                           .schema = old ? old->schema : Codec<Number>::schema(),
                           .raw_bytes = value.size(),
                           .tags = old ? old->tags : BytesView(),
                           .value = value};
    if (!table.write(key.bytes(), record, old)) return Outcome::full;
    table.tally().add(Event::put);
    return Outcome::done;
  });
  if (outcome != Outcome::done) refuse(outcome, key, type);
  return result;
}

}  // namespace

std::int64_t CacheCore::count(const Key& key, std::int64_t delta, Step step, std::int64_t initial) {
  if (CacheCore* part = part_of(key)) return part->count(key, delta, step, initial);
  return change_number<std::int64_t>(*state_, key, initial, "an integer", [&](std::int64_t before) {
    std::int64_t after = 0;
    const bool overflows = step == Step::up ? __builtin_add_overflow(before, delta, &after)
                                            : __builtin_sub_overflow(before, delta, &after);
    return overflows ? std::nullopt : std::optional(after);
  });
}

double CacheCore::count(const Key& key, double delta, double initial) {
  if (CacheCore* part = part_of(key)) return part->count(key, delta, initial);
  return change_number<double>(*state_, key, initial, "a floating-point number",
                               [&](double before) { return std::optional(before + delta); });
}

}  // namespace larder::detail
