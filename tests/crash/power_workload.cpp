// SPDX-License-Identifier: Apache-2.0
#include "crash/power_workload.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <string>

#include "larder/core/random.h"

namespace larder::test {

namespace {

constexpr std::uint64_t slot_count = 16;
constexpr std::uint64_t entry_count = 40;

std::string slot_key(std::uint64_t number) { return "slot/" + std::to_string(number % slot_count); }
std::string entry_key(std::uint64_t number) {
  // Every fourth key is long: engines may treat those in a way of their own.
  return "entry/" + std::to_string(number) +
         (number % 4 == 0 ? std::string(490, 'l') : std::string());
}
std::string slot_value(std::uint64_t number) { return "slot value of " + std::to_string(number); }
std::string entry_value(std::uint64_t number) {
  Random random(number);
  std::size_t size = random.below(500);
  if (number % 7 == 0) size = 9000;
  if (number % 101 == 0) size = 250'000;
  if (number % 331 == 0) size = 3'000'000;
  return std::to_string(number) + std::string(size, static_cast<char>('a' + random.below(26)));
}

std::uint64_t count_in(const std::optional<std::string>& text) {
  return text ? std::stoull(*text) : std::uint64_t{0};
}

std::map<std::string, std::string> state_after(std::uint64_t number) {
  std::map<std::string, std::string> state;
  if (number == 0) return state;
  state["count"] = std::to_string(number);
  for (std::uint64_t n = number > slot_count ? number - slot_count : 1; n <= number; ++n) {
    state[slot_key(n)] = slot_value(n);
  }
  for (std::uint64_t n = number >= entry_count ? number - entry_count + 1 : 1; n <= number; ++n) {
    state[entry_key(n)] = entry_value(n);
  }
  return state;
}

void raise(std::atomic<std::uint64_t>& mark, std::uint64_t value) {
  std::uint64_t seen = mark;
  while (seen < value && !mark.compare_exchange_weak(seen, value)) {
  }
}

}  // namespace

std::uint64_t steady_us() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

std::uint64_t power_step(Subject& subject, PowerLedger& ledger) {
  std::uint64_t number = 0;
  subject.transact([&] {
    number = count_in(subject.get("count")) + 1;
    raise(ledger.begun, number);
    subject.put("count", std::to_string(number));
    subject.put(slot_key(number), slot_value(number));
    subject.put(entry_key(number), entry_value(number));
    if (number > entry_count) subject.erase(entry_key(number - entry_count));
  });
  ledger.acked_at[number % PowerLedger::remembered] = steady_us();
  raise(ledger.acked, number);
  ++ledger.total_acked;
  return number;
}

void power_sync(Subject& subject, PowerLedger& ledger) {
  const std::uint64_t before = ledger.acked;
  subject.sync();
  raise(ledger.synced, before);
}

std::uint64_t check_power_state(Subject& subject, PowerLedger& ledger) {
  const Entries found = subject.all();
  const std::map<std::string, std::string> state(found.begin(), found.end());
  const auto count = state.find("count");
  const std::uint64_t number = count == state.end() ? 0 : count_in(count->second);
  const auto expected = state_after(number);
  if (state != expected || found.size() != state.size()) {
    const auto [is, should] =
        std::mismatch(state.begin(), state.end(), expected.begin(), expected.end());
    ledger.violate("state after transaction " + std::to_string(number) +
                   " is not whole: " + std::to_string(state.size()) + " entries, expected " +
                   std::to_string(expected.size()) + "; first difference at " +
                   (is == state.end() ? "the end" : is->first.substr(0, 40)) + ", expected " +
                   (should == expected.end() ? "the end" : should->first.substr(0, 40)));
  }
  if (number > ledger.begun) {
    ledger.violate("transaction " + std::to_string(number) + " was never made");
  }
  return number;
}

}  // namespace larder::test
