// SPDX-License-Identifier: Apache-2.0

// Processes share one queue of work and one index of results. Taking a job and keeping its result
// are one step, so a worker that is killed loses nothing and does nothing twice: the first one here
// kills itself in the middle of it.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <mutex>
#include <ranges>

#include "larder/container/deque.h"
#include "larder/container/index.h"
#include "larder/sync/lock.h"

using namespace larder;

namespace {

void work(const std::filesystem::path& state, int worker) {
  const EnginePtr engine = open_lmdb({.path = state});
  Deque<int> jobs(engine, "jobs");
  Index<int, int> squares(engine, "squares");
  for (bool has_job = true; has_job;) {
    has_job = engine->update([&](WriteTxn&) {  // all of this or nothing
      const std::optional<int> job = jobs.pop_front();
      if (job && worker == 0) ::kill(::getpid(), SIGKILL);
      if (job) squares.put(*job, *job * *job);
      return job.has_value();
    });
  }
  Lock lock(engine, "last words");
  const std::lock_guard alone(lock);  // one process at a time
  Index<int, int>(engine, "done").put(worker, 1);
}

}  // namespace

int main() {
  const std::filesystem::path state =
      std::filesystem::temp_directory_path() / ("larder-jobs-" + std::to_string(::getpid()));
  Deque<int>(open_lmdb({.path = state}), "jobs").extend(std::views::iota(1, 101));

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
    for (const auto& [worker, said] : Index<int, int>(engine, "done").items(KeyOrder::key)) {
      std::cout << "worker " << worker << " came to its end\n";
    }
  }
  std::filesystem::remove_all(state);
}
