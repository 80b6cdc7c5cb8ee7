// SPDX-License-Identifier: Apache-2.0
#include "sync/owner.h"

#include <unistd.h>

#include <optional>

#include "core/other_process.h"
#include "larder/core/process.h"
#include "larder/core/thread.h"

namespace larder::detail {

namespace {

struct Known {
  std::uint64_t forks = 0;
  std::optional<Owner> owner = std::nullopt;
};

thread_local Known known;

const Owner& current_thread_name() {
  if (!known.owner || known.forks != fork_generation()) {
    const ProcessIdentity thread = current_thread();
    known.owner = Owner{.pid = ::getpid(),
                        .tid = thread.pid,
                        .start_ticks = thread.start_ticks,
                        .process_space = process_space()};
    known.forks = fork_generation();
  }
  return *known.owner;
}

}  // namespace

Owner current_owner(Place& place) {
  Owner owner = current_thread_name();
  owner.presence = place.presence();
  return owner;
}

bool is_elsewhere(const Owner& owner) {
  return owner.process_space != current_thread_name().process_space;
}

bool has_ended(const Owner& owner, Engine& engine) {
  if (is_elsewhere(owner)) return !engine.is_present(owner.presence);
  if (owner == current_thread_name()) return false;
  return !is_running({.pid = owner.tid, .start_ticks = owner.start_ticks, .boot_id = boot_id()});
}

}  // namespace larder::detail
