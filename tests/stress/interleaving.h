// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace larder::test {

/// What an actor does, as a whole. Each writes under keys of its own and looks at those that were
/// there before.
enum class Step {
  open,        ///< Opens the engine; all others have it open before.
  recover,     ///< Opens it where a killed process left a log.
  close,       ///< Closes it.
  put,         ///< One update.
  fill,        ///< Updates that fill segments of the log, so that it rotates.
  grow,        ///< An update that is larger than a segment and than the map.
  read,        ///< Gets and scans everything.
  sync,        ///< An update, and a sync.
  fork,        ///< Forks; the child reads, writes and exits.
  background,  ///< An update, and what the library does with it in the background.
  careless,    ///< Control: adds one without an update around reading and writing.
};

/// Where the two actors are.
enum class Place { two_processes, two_threads };

/// One forced interleaving: `first` is stopped right before its `stop`-th file operation or point,
/// `second` runs meanwhile, and when it is done, or waits for `first`, `first` goes on.
struct Interleaving {
  Step first = Step::put;
  std::uint64_t stop = 1;
  Step second = Step::put;
  Place place = Place::two_processes;
};

std::ostream& operator<<(std::ostream& out, const Interleaving& interleaving);

/// How an interleaving went.
struct InterleavingEnd {
  bool is_beyond = false;   ///< `first` does not do so many things: it was never stopped.
  bool has_waited = false;  ///< `second` had to wait for `first`.
  std::string stopped_at;   ///< What `first` was about to do.
  std::string wrong;        ///< What went wrong; empty if nothing did.
};

/// Runs it in processes of its own, on a new engine; at the end nothing may be missing or wrong.
/// A deadlock is found by its deadline.
[[nodiscard]] InterleavingEnd run_interleaving(const Interleaving& interleaving);

}  // namespace larder::test
