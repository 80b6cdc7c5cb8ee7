// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/bench_arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <new>

#include "larder/core/error.h"
#include "larder/core/io.h"

namespace larder::cli {
namespace {

constexpr std::size_t operations = all_bench_operations.size();
constexpr std::size_t most_workers = 256;

std::uint64_t all_calls(const BenchPlan& plan) {
  std::uint64_t calls = 0;
  for (const BenchOperation operation : all_bench_operations) calls += plan.total(operation);
  return calls;
}

}  // namespace

struct BenchArena::Shared {
  pthread_barrier_t barrier;
  std::atomic<BenchOperation> operation;
  std::atomic<std::uint64_t> done;
  std::atomic<bool> has_failure;
  std::array<char, 512> failure;
  std::array<std::array<Record, operations>, most_workers> records;
};

BenchArena::BenchArena(const BenchPlan& plan)
    : plan_(plan), bytes_(sizeof(Shared) + all_calls(plan) * sizeof(std::uint64_t)) {
  void* memory =
      Io::system().mmap(bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw system_error(errno, "memory for all latencies: lower --ops");
  shared_ = new (memory) Shared{};
  samples_ = reinterpret_cast<std::uint64_t*>(static_cast<std::byte*>(memory) + sizeof(Shared));
  pthread_barrierattr_t attributes;
  ::pthread_barrierattr_init(&attributes);
  ::pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  ::pthread_barrier_init(&shared_->barrier, &attributes, static_cast<unsigned>(plan.workers()));
  ::pthread_barrierattr_destroy(&attributes);
}

// The barrier is not destroyed: that would wait for those who were killed at it.
BenchArena::~BenchArena() { static_cast<void>(Io::system().munmap(shared_, bytes_)); }

void BenchArena::meet() noexcept { ::pthread_barrier_wait(&shared_->barrier); }

std::uint64_t BenchArena::calls_before(BenchOperation operation) const noexcept {
  std::uint64_t calls = 0;
  for (const BenchOperation one : all_bench_operations) {
    if (one < operation) calls += plan_.total(one);
  }
  return calls;
}

std::span<std::uint64_t> BenchArena::samples(BenchOperation operation, std::uint64_t worker) {
  std::uint64_t* begin = samples_ + calls_before(operation);
  for (std::uint64_t i = 0; i < worker; ++i) begin += plan_.share(operation, i);
  return {begin, plan_.share(operation, worker)};
}

BenchArena::Record& BenchArena::record(BenchOperation operation, std::uint64_t worker) {
  return shared_->records.at(worker).at(static_cast<std::size_t>(operation));
}

void BenchArena::note_progress(BenchOperation operation, std::uint64_t calls) noexcept {
  shared_->operation.store(operation, std::memory_order_relaxed);
  shared_->done.fetch_add(calls, std::memory_order_relaxed);
}

BenchOperation BenchArena::operation() const noexcept {
  return shared_->operation.load(std::memory_order_relaxed);
}

std::uint64_t BenchArena::done() const noexcept {
  return shared_->done.load(std::memory_order_relaxed);
}

void BenchArena::note_failure(std::string_view message) noexcept {
  if (shared_->has_failure.exchange(true)) return;
  const std::size_t size = std::min(message.size(), shared_->failure.size() - 1);
  std::ranges::copy(message.substr(0, size), shared_->failure.begin());
}

std::string BenchArena::failure() const {
  return shared_->has_failure.load() ? std::string(shared_->failure.data()) : std::string();
}

}  // namespace larder::cli
