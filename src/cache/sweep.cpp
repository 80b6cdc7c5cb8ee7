// SPDX-License-Identifier: Apache-2.0
#include "cache/sweep.h"

#include <chrono>
#include <string>

#include "cache/record.h"
#include "larder/core/error.h"

namespace larder::detail {

void drop_named(const Layout& layout, ReadTxn& txn, std::set<std::uint64_t>& names) {
  txn.scan(layout.range(Space::record), Direction::forward,
           [&](BytesView engine_key, BytesView stored) {
             const std::optional<Record> record = open_record(stored, engine_key);
             if (record && record->file) names.erase(record->file->name);
             return names.empty() ? Visit::stop : Visit::more;
           });
}

namespace {

// In an update, where nobody can commit a record meanwhile that names one of them. Opening a cache
// must not wait for a long update of another process, though.
std::uint64_t remove_unnamed(const CacheCore::State& state, std::set<std::uint64_t>& names) {
  constexpr auto patience = std::chrono::milliseconds{20};
  return state.engine->update(
      [&](WriteTxn& txn) {
        drop_named(state.layout, txn, names);
        // The update that took the record away may not have reached the device yet.
        if (!names.empty()) state.engine->sync();
        std::uint64_t removed = 0;
        for (const std::uint64_t name : names) {
          removed += state.files->remove_leftover(name) ? 1U : 0U;
        }
        return removed;
      },
      {.deadline = Clock::system().steady_now() + patience, .frees_space = true});
}

}  // namespace

std::uint64_t sweep_after_crash(const CacheCore::State& state) {
  FileStore& files = *state.files;
  if (!files.is_available()) return 0;
  InFlight& in_flight = files.in_flight();
  const bool everything = in_flight.expects_leftovers();
  const std::vector<std::uint64_t> noted = in_flight.names();
  if (!everything && noted.empty()) return 0;
  // From here on what comes to be left over is noted anew.
  if (everything) in_flight.all_swept();

  std::set<std::uint64_t> names;
  const auto look_at = [&](std::uint64_t name) {
    if (files.look_at(name) == FileState::settled) names.insert(name);
  };
  if (everything) {
    files.list(look_at, [](const std::string&) {});
  } else {
    for (const std::uint64_t name : noted) look_at(name);
  }
  std::uint64_t removed = 0;
  if (!names.empty()) {
    try {
      removed = remove_unnamed(state, names);
    } catch (const Error& error) {
      if (everything) in_flight.expect_leftovers();
      if (error.kind() == ErrorKind::unavailable) return 0;  // someone writes: the next opening
      throw;
    }
  }
  for (const std::uint64_t name : noted) {
    const FileState state_now = files.look_at(name);
    if (state_now == FileState::missing || state_now == FileState::settled) {
      in_flight.release_all_of(name);
    }
  }
  if (removed > 0) {
    state.log(LogLevel::info, "cache: removed " + std::to_string(removed) +
                                  " value files that a crash had left over");
  }
  return removed;
}

}  // namespace larder::detail
