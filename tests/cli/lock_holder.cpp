// SPDX-License-Identifier: Apache-2.0

// Locks NAME of the engine in DIRECTORY, or arrives at a barrier of that name, says so, and lets go
// when its standard input ends.

#include <cstdio>
#include <string>

#include "larder/core/error.h"
#include "larder/engine/engine.h"
#include "larder/sync/barrier.h"
#include "larder/sync/lock.h"
#include "larder/sync/semaphore.h"

namespace {

void wait_for_end(const char* what) {
  std::puts(what);
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
}

template <typename Lockable>
void hold(Lockable lock) {
  lock.lock();
  wait_for_end("held");
  std::puts(lock.is_held() ? "still held" : "taken away");
  lock.unlock();
}

void meet(larder::Barrier barrier) {
  barrier.join();
  wait_for_end("joined");
  try {
    barrier.arrive_and_wait();
  } catch (const larder::Error& error) {
    std::puts(std::string(larder::to_string(error.kind())).c_str());
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) return 2;
  const larder::EnginePtr engine = larder::open_lmdb({.path = arguments[1]});
  const std::string kind = arguments[2];
  const std::string name = arguments[3];
  if (kind == "lock") hold(larder::Lock(engine, name));
  if (kind == "semaphore") hold(larder::Semaphore(engine, name, 2));
  if (kind == "barrier") meet(larder::Barrier(engine, name, 2));
  return 0;
}
