// SPDX-License-Identifier: Apache-2.0

// One thing after another goes wrong, the next while the last is being recovered from: processes
// are killed, the device is full or fails, memory is short. Every acknowledged write is there in
// the end, nothing was ever wrong, and the cache is whole.

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>

#include "larder/cache/cache.h"
#include "larder/core/random.h"
#include "support/child.h"
#include "support/failing_allocations.h"
#include "support/faulty_io.h"
#include "support/settings.h"
#include "support/shared_block.h"
#include "support/temp_dir.h"

namespace larder::test {
namespace {

constexpr std::size_t key_count = 24;

/// The writes of each key, told outside of the cache.
struct Ledger {
  struct Line {
    std::atomic<std::uint64_t> begun{0};  ///< The last write that was started.
    std::atomic<std::uint64_t> acked{0};  ///< The last one that returned.
  };
  std::array<Line, key_count> lines;
  std::atomic<std::uint64_t> acknowledged{0};
  std::atomic<std::uint64_t> faults{0};
};

std::string key_of(std::size_t key) {
  return "key" + std::to_string(key) + (key % 6 == 5 ? std::string(490, 'l') : std::string());
}

/// What write `number` of a key stores: small, or in a file of its own.
std::string content_of(std::size_t key, std::uint64_t number) {
  Random random(number * key_count + key);
  const std::size_t size = random.below(4) == 0 ? random.below(60'000) : random.below(300);
  return std::to_string(number) + ":" + std::string(size, static_cast<char>('a' + key));
}

enum class Kind { kill, kill_at_point, full, io_error, memory_once, memory_from_then_on };

struct Fault {
  Kind kind;
  std::uint64_t nth;
};

Fault any_fault(Random& random) {
  // Small numbers as often as large ones: recovery makes few calls, a workload many.
  const std::uint64_t magnitude = std::uint64_t{1} << random.below(11);
  return {.kind = static_cast<Kind>(random.below(6)), .nth = 1 + random.below(magnitude)};
}

const char* name_of(Kind kind) {
  constexpr std::array names = {"kill",      "kill at point",  "full",
                                "I/O error", "no memory once", "no memory"};
  return names.at(static_cast<std::size_t>(kind));
}

void plant(FaultyIo& io, const Fault& fault) {
  const auto die = [] { ::kill(::getpid(), SIGKILL); };
  if (fault.kind == Kind::kill) io.run_at("any", fault.nth, die);
  if (fault.kind == Kind::kill_at_point) io.run_at("point", fault.nth, die);
  if (fault.kind == Kind::io_error) io.fail("any", fault.nth, EIO);
  if (fault.kind != Kind::full) return;
  for (const char* name : {"open", "write", "pwrite", "mkdir", "fallocate"}) {
    io.fail_from(name, fault.nth, ENOSPC);
  }
}

/// Calls `body`, which may fail: it is told by an exception.
template <typename Body>
bool attempt(Body body) {
  try {
    body();
    return true;
  } catch (const Error&) {
    return false;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

void check(Cache& cache, Ledger& ledger, std::size_t key) {
  const Ledger::Line& line = ledger.lines[key];
  const auto found = cache.get<std::string>(key_of(key));
  const std::uint64_t number = found ? std::stoull(*found) : 0;
  const bool is_known = number >= line.acked && number <= line.begun;
  if (!is_known || (found && *found != content_of(key, number))) {
    throw std::logic_error(key_of(key).substr(0, 8) + " has write " + std::to_string(number) +
                           "; " + std::to_string(line.acked) + " was acknowledged, " +
                           std::to_string(line.begun) + " begun");
  }
}

void put(Cache& cache, Ledger& ledger, std::size_t key) {
  Ledger::Line& line = ledger.lines[key];
  const std::uint64_t number = line.begun + 1;
  const std::string text = key_of(key);
  const std::string content = content_of(key, number);
  line.begun = number;
  cache.put(text, content, {.tags = {"even"}});
  line.acked = number;
  ++ledger.acknowledged;
}

CacheOptions options_in(const std::filesystem::path& folder, Durability durability) {
  return {.path = folder,
          .settings = {.file_above_bytes = 5000},
          .durability = durability,
          .timeout = std::chrono::seconds{20}};
}

/// Reads and writes until something goes wrong, and on.
void use(const CacheOptions& options, Ledger& ledger, const Fault& fault, Random& random) {
  FaultyIo io;
  plant(io, fault);
  const bool is_short = fault.kind == Kind::memory_once || fault.kind == Kind::memory_from_then_on;
  std::optional<Cache> cache;
  std::optional<FailingAllocations> failing;
  if (is_short) {
    failing.emplace(fault.nth, fault.kind == Kind::memory_once ? Shortage::one : Shortage::all);
  }
  // A `FaultyIo` remembers its calls, for which there is no memory.
  Io& device = is_short ? Io::system() : io;
  attempt([&] {
    CacheHooks hooks;
    hooks.io = &device;
    hooks.log = [](LogLevel, std::string_view text) { static_cast<void>(std::string(text)); };
    cache.emplace(Cache::open(options, hooks));
  });
  for (int i = 0; i < 40 && cache; ++i) {
    const std::size_t key = random.below(key_count);
    attempt([&] { check(*cache, ledger, key); });
    attempt([&] { put(*cache, ledger, random.below(key_count)); });
  }
  cache.reset();
  if (io.faults() > 0 || (failing && failing->has_failed())) ++ledger.faults;
}

/// What is there when nothing goes wrong any more.
int settle(const CacheOptions& options, Ledger& ledger) {
  Cache cache = Cache::open(options);
  for (std::size_t key = 0; key < key_count; ++key) {
    check(cache, ledger, key);
    const auto found = cache.get<std::string>(key_of(key));
    const std::uint64_t number = found ? std::stoull(*found) : 0;
    ledger.lines[key].acked = number;
  }
  const VerifyReport report = cache.verify();
  if (!report.problems.empty()) throw std::logic_error("verify: " + report.problems.front());
  return 0;
}

void run(Durability durability, std::uint64_t rounds_of_faults) {
  const TempDir folder(memory_folder());
  const CacheOptions options = options_in(folder / "cache", durability);
  const SharedBlock<Ledger> ledger;
  Random random(seed() + static_cast<std::uint64_t>(durability));
  std::uint64_t killed = 0;
  for (std::uint64_t round = 0; round < rounds_of_faults; ++round) {
    std::string what;
    const std::uint64_t in_a_row = 2 + random.below(2);
    for (std::uint64_t i = 0; i < in_a_row; ++i) {
      const Fault fault = any_fault(random);
      what += std::string(name_of(fault.kind)) + " " + std::to_string(fault.nth) + ", ";
      const std::uint64_t own_seed = random();
      const ChildEnd end = run_in_child([&] {
        Random own(own_seed);
        use(options, *ledger, fault, own);
        return 0;
      });
      const bool is_killed = end.signal == SIGKILL && !end.is_timed_out;
      ASSERT_TRUE(end.is_good() || is_killed) << end << " after " << what << "round " << round;
      if (is_killed) ++killed;
    }
    const ChildEnd end = run_in_child([&] { return settle(options, *ledger); });
    ASSERT_TRUE(end.is_good()) << end << " after " << what << "round " << round;
  }
  std::printf(
      "stacked faults: %llu rounds, %llu acknowledged writes, %llu kills, %llu other faults\n",
      static_cast<unsigned long long>(rounds_of_faults),
      static_cast<unsigned long long>(ledger->acknowledged.load()),
      static_cast<unsigned long long>(killed),
      static_cast<unsigned long long>(ledger->faults.load()));
  EXPECT_GT(killed, rounds_of_faults / 3);
  EXPECT_GT(ledger->faults, rounds_of_faults / 2);
}

TEST(StackedFaults, consistent) { run(Durability::consistent, rounds(60, 7000)); }
TEST(StackedFaults, durable) { run(Durability::durable, rounds(60, 7000)); }
TEST(StackedFaults, disposable) { run(Durability::disposable, rounds(60, 6000)); }

}  // namespace
}  // namespace larder::test
