// SPDX-License-Identifier: Apache-2.0

// Processes share one queue of work and one index of results. A job that a worker takes stays in
// the queue until it is acknowledged, which is one step with keeping its result. So a worker that
// is killed loses nothing and does nothing twice: the first one here kills itself with a job in
// hand. A job that fails comes back, three times; what fails then, too, is a dead letter.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <iostream>
#include <mutex>
#include <ranges>
#include <stdexcept>
#include <string>

#include "larder/container/deque.h"
#include "larder/container/index.h"
#include "larder/sync/lock.h"

using namespace larder;
using namespace std::chrono_literals;

namespace {

constexpr DequeOptions three_attempts = {.max_attempts = 3};

struct Failed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// May take long: holds up nobody.
int square_of(int number, std::uint64_t attempt) {
  if (number == 13) throw Failed("nobody can do 13");
  if (number == 50 && attempt == 1) throw Failed("try again");
  return number * number;
}

void work(const std::filesystem::path& state, int worker) {
  const EnginePtr engine = open_lmdb({.path = state});
  Deque<int> jobs(engine, "jobs", three_attempts);
  Index<int, int> squares(engine, "squares");
  Index<int, std::uint64_t> again(engine, "again");
  while (auto job = jobs.take_front_within(100ms)) {
    if (worker == 0) ::kill(::getpid(), SIGKILL);
    try {
      const int number = job->value();
      const int square = square_of(number, job->attempts());
      engine->update([&](WriteTxn&) {  // all of this or nothing
        squares.put(number, square);
        if (job->attempts() > 1) again.put(number, job->attempts());
        job->done();
      });
    } catch (const Failed&) {
      job->give_back();  // as the end of `job` would
    }
  }
  Lock lock(engine, "last words");
  const std::lock_guard alone(lock);  // one process at a time
  Index<int, int>(engine, "done").put(worker, 1);
}

}  // namespace

int main() {
  const std::filesystem::path state =
      std::filesystem::temp_directory_path() / ("larder-jobs-" + std::to_string(::getpid()));
  Deque<int>(open_lmdb({.path = state}), "jobs", three_attempts).extend(std::views::iota(1, 101));

  for (int worker = 0; worker < 4; ++worker) {
    const pid_t child = ::fork();
    if (child == 0) {
      work(state, worker);
      ::_exit(0);
    }
    if (worker == 0) ::waitpid(child, nullptr, 0);
  }
  while (::wait(nullptr) > 0) {
  }

  {
    const EnginePtr engine = open_lmdb({.path = state});
    const Index<int, int> squares(engine, "squares");
    int sum = 0;
    for (const auto& [job, square] : squares) sum += square;
    std::cout << "left " << Deque<int>(engine, "jobs").size() << ", done " << squares.size()
              << ", sum " << sum << "\n";
    for (const auto& [job, attempts] :
         Index<int, std::uint64_t>(engine, "again").items(KeyOrder::key)) {
      std::cout << "job " << job << " took " << attempts << " attempts\n";
    }
    for (const int job : Deque<int>(engine, "jobs").dead_letters()) {
      std::cout << "job " << job << " failed each time\n";
    }
    for (const auto& [worker, said] : Index<int, int>(engine, "done").items(KeyOrder::key)) {
      std::cout << "worker " << worker << " came to its end\n";
    }
  }
  std::filesystem::remove_all(state);
}
