// SPDX-License-Identifier: Apache-2.0
#include "cache/sweep.h"

#include <string>

#include "cache/record.h"

namespace larder::detail {

void drop_named(const Layout& layout, ReadTxn& txn, std::set<std::uint64_t>& names) {
  txn.scan(layout.range(Space::record), Direction::forward,
           [&](BytesView engine_key, BytesView stored) {
             const std::optional<Record> record = open_record(stored, engine_key);
             if (record && record->file) names.erase(record->file->name);
             return names.empty() ? Visit::stop : Visit::more;
           });
}

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
  // In an update nobody can commit a record meanwhile that names one of them.
  if (!names.empty()) {
    state.engine->update(
        [&](WriteTxn& txn) {
          drop_named(state.layout, txn, names);
          for (const std::uint64_t name : names) removed += files.remove_leftover(name) ? 1U : 0U;
        },
        {.deadline = std::nullopt, .frees_space = true});
  }
  for (const std::uint64_t name : noted) {
    if (files.look_at(name) != FileState::in_making) in_flight.release_all_of(name);
  }
  if (removed > 0) {
    state.log(LogLevel::info, "cache: removed " + std::to_string(removed) +
                                  " value files that a crash had left over");
  }
  return removed;
}

}  // namespace larder::detail
