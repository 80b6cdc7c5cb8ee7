// SPDX-License-Identifier: Apache-2.0
#include "cache/sweep.h"

#include <chrono>
#include <string>
#include <vector>

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
// must not wait for a long update of another process, though. What is left in `names` is still
// there: somebody had it locked, be it only to look at it.
std::uint64_t remove_unnamed(const CacheCore::State& state, std::set<std::uint64_t>& names) {
  constexpr auto patience = std::chrono::milliseconds{20};
  return state.engine->update(
      [&](WriteTxn& txn) {
        drop_named(state.layout, txn, names);
        // The update that took the record away may not have reached the device yet.
        if (!names.empty()) state.engine->sync();
        std::uint64_t removed = 0;
        std::erase_if(names, [&](std::uint64_t name) {
          if (!state.files->remove_leftover(name)) {
            return state.files->look_at(name) == FileState::missing;
          }
          ++removed;
          return true;
        });
        return removed;
      },
      {.deadline = Clock::system().steady_now() + patience, .frees_space = true});
}

/// The notes of dead processes, which go back unless they are settled.
class TakenNotes {
 public:
  explicit TakenNotes(FileStore& files) : files_(files), notes_(files.in_flight().take_over()) {}
  TakenNotes(const TakenNotes&) = delete;
  TakenNotes& operator=(const TakenNotes&) = delete;
  ~TakenNotes() {
    for (const InFlight::Note& note : notes_) files_.in_flight().give_up(note);
  }

  [[nodiscard]] bool empty() const noexcept { return notes_.empty(); }

  void for_each_name(FunctionRef<void(std::uint64_t name)> visit) const {
    for (const InFlight::Note& note : notes_) visit(note.name);
  }

  /// Nothing is left over any more, but for `names`.
  void settle_all_but(const std::set<std::uint64_t>& names) {
    std::erase_if(notes_, [&](const InFlight::Note& note) {
      if (names.contains(note.name)) return false;
      files_.in_flight().release(note);
      return true;
    });
  }

 private:
  FileStore& files_;
  std::vector<InFlight::Note> notes_;
};

}  // namespace

std::uint64_t sweep_after_crash(const CacheCore::State& state) {
  FileStore& files = *state.files;
  if (!files.is_available()) return 0;
  InFlight& in_flight = files.in_flight();
  // Taken back at the end, and only if nothing was added: who dies in a sweep leaves them behind.
  const std::uint64_t expectations = in_flight.expectations();
  const bool everything = in_flight.expects_leftovers();
  TakenNotes noted(files);
  if (!everything && noted.empty()) return 0;

  std::set<std::uint64_t> names;
  std::set<std::uint64_t> unclear;
  const auto look_at = [&](std::uint64_t name) {
    const FileState found = files.look_at(name);
    if (found == FileState::settled) names.insert(name);
    if (found == FileState::in_making || found == FileState::leaving) unclear.insert(name);
  };
  if (everything) {
    files.list(look_at, [](const std::string&) {});
  } else {
    noted.for_each_name(look_at);
  }
  std::uint64_t removed = 0;
  if (!names.empty()) {
    try {
      removed = remove_unnamed(state, names);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::unavailable) return 0;  // someone writes: the next opening
      throw;
    }
  }
  if (everything && names.empty()) in_flight.all_swept(expectations);
  unclear.merge(names);
  noted.settle_all_but(unclear);
  if (removed > 0) {
    state.log(LogLevel::info, "cache: removed " + std::to_string(removed) +
                                  " value files that a crash had left over");
  }
  return removed;
}

}  // namespace larder::detail
