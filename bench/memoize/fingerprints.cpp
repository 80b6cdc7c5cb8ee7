// SPDX-License-Identifier: Apache-2.0
#include "memoize/fingerprints.h"

#include <utility>

#include "common/usage.h"
#include "larder/code/fingerprint.h"
#include "larder/memo/memoize.h"

namespace larder::bench {

namespace {

constexpr int callees = 300;

template <int which, int number>
__attribute__((noinline)) int callee(int x) {
  return x * (number + 3) ^ (x >> (number % 7 + 1)) ^ which;
}

template <int which, int... number>
int sum_of(int x, std::integer_sequence<int, number...> /*numbers*/) {
  return (callee<which, number>(x) + ...);
}

template <int which>
__attribute__((noinline)) int calls_many(int x) {
  return sum_of<which>(x, std::make_integer_sequence<int, callees>());
}

template <typename Work>
std::uint64_t time_of(Work work) {
  const std::uint64_t begin = now_ns();
  work();
  return now_ns() - begin;
}

}  // namespace

FingerprintTimes time_fingerprints(const std::filesystem::path& folder) {
  const Cache cache = Cache::open({.path = folder});
  const auto fingerprint = [] { static_cast<void>(fingerprint_of(calls_many<1>)); };
  const auto memoized = [&] { static_cast<void>(memoize(cache, calls_many<2>)); };
  FingerprintTimes times;
  times.first = time_of(fingerprint);
  times.known = time_of(fingerprint);
  times.first_memoize = time_of(memoized);
  times.next_memoize = time_of(memoized);
  return times;
}

}  // namespace larder::bench
