// SPDX-License-Identifier: Apache-2.0
//
// A database in which pages are damaged is made anew from what can be read of it. LMDB itself is
// never let near the damaged file.
#include "larder/engine/repair.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "engine/lmdb/clean_note.h"
#include "engine/lmdb/directory.h"
#include "engine/lmdb/file_image.h"
#include "engine/lmdb/open_elsewhere.h"
#include "engine/lmdb/page_check.h"
#include "engine/lmdb/recovery.h"
#include "engine/lmdb/remains.h"
#include "engine/lmdb/second_database.h"
#include "engine/lmdb/stored_key.h"
#include "engine/lmdb/table_view.h"
#include "larder/core/error.h"
#include "larder/engine/engine.h"

namespace larder {
namespace lmdb {
namespace {

/// Which entries come, and what is to be done with a key that is there already.
enum class Kind { ordered, misplaced, stray };

/// Puts entries into a database that is being made, many in each transaction.
class Intake {
 public:
  Intake(Environment& target, IsWhole is_whole) : target_(target), is_whole_(is_whole) {}

  /// The ordered ones come first.
  void take(Kind kind, BytesView key, BytesView value) {
    constexpr std::uint64_t bytes_in_step = std::uint64_t{32} << 20U;
    waiting_.push_back({.kind = kind, .key = key, .value = value});
    bytes_ += key.size() + value.size();
    if (bytes_ >= bytes_in_step) flush();
  }

  void flush() {
    std::uint64_t stored = 0;
    target_.write(
        [&](LmdbWrite& write) {
          stored = 0;
          for (const Entry& entry : waiting_) stored += put(write, entry) ? 1U : 0U;
        },
        nullptr);
    stored_ += stored;
    waiting_.clear();
    bytes_ = 0;
  }

  [[nodiscard]] std::uint64_t stored() const noexcept { return stored_; }

 private:
  struct Entry {
    Kind kind;
    BytesView key;
    BytesView value;
  };

  /// Returns whether the key was not there.
  bool put(LmdbWrite& write, const Entry& entry) {
    if (entry.kind == Kind::ordered) {
      write.append(entry.key, entry.value);
      return true;
    }
    const std::optional<BytesView> there = TableView(target_, write).get(entry.key);
    if (!there || (entry.kind == Kind::misplaced && is_better(entry, *there))) {
      write.put(entry.key, entry.value);
    }
    return !there;
  }

  [[nodiscard]] bool is_better(const Entry& entry, BytesView than) const {
    const std::optional<Pair> mine = unwrap(entry.key, entry.value);
    const std::optional<Pair> other = unwrap(entry.key, than);
    return mine && is_whole_(mine->key, mine->value) &&
           !(other && is_whole_(other->key, other->value));
  }

  Environment& target_;
  IsWhole is_whole_;
  std::vector<Entry> waiting_;
  std::uint64_t bytes_ = 0;
  std::uint64_t stored_ = 0;
};

/// What does not let the database be opened, apart from what its pages hold.
void look_at_heads(const LmdbOptions& options, const EngineHooks& hooks, BytesView image,
                   std::vector<std::string>& problems) {
  try {
    check_clean_note(*hooks.io, options.path);
    check_image(image);
  } catch (const Error& error) {
    // Where only one head says that it is of another format, that is damage.
    const bool is_damage =
        error.kind() == ErrorKind::corrupt || error.kind() == ErrorKind::not_supported;
    if (!is_damage) throw;
    problems.emplace_back(error.what());
  }
}

PageRepair report_of(const Remains& remains, std::uint64_t entries) {
  return {.entries = entries,
          .lost = remains.entries() - std::min(remains.entries(), entries),
          .problems = remains.problems()};
}

template <typename Take>
void visit_all(Remains& remains, Take take) {
  const auto with = [&](Kind kind) {
    return [&take, kind](BytesView key, BytesView value) { take(kind, key, value); };
  };
  remains.visit_ordered(with(Kind::ordered));
  remains.visit_misplaced(with(Kind::misplaced));
  remains.visit_stray(with(Kind::stray));
}

PageRepair look(BytesView image, const std::optional<Head>& head,
                const std::filesystem::path& file) try {
  Remains remains(image, head);
  std::uint64_t entries = 0;
  visit_all(remains, [&](Kind, BytesView, BytesView) { ++entries; });
  return report_of(remains, entries);
} catch (const Error& error) {
  throw Error(error.kind(), file.string() + ": " + error.what());
}

PageRepair bring_over(Remains& remains, SecondDatabase& second, std::uint64_t before_log,
                      IsWhole is_whole, RepairProgress progress) {
  Intake intake(second.environment(), is_whole);
  std::uint64_t done = 0;
  visit_all(remains, [&](Kind kind, BytesView key, BytesView value) {
    intake.take(kind, key, value);
    ++done;
    progress(done, std::max(remains.entries(), done));
  });
  intake.flush();
  second.finish(remains.applied().value_or(before_log));
  return report_of(remains, intake.stored());
}

/// Gives the database file a second name, under which it stays.
std::filesystem::path keep(Io& io, const std::filesystem::path& file) {
  for (int number = 1;; ++number) {
    std::filesystem::path kept = file;
    kept += number == 1 ? ".damaged" : ".damaged." + std::to_string(number);
    const int result = io.link(file, kept);
    if (result == 0) return kept;
    if (result != -EEXIST) throw system_error(-result, "keep the file as " + kept.string());
  }
}

}  // namespace
}  // namespace lmdb

PageRepair repair_lmdb(const LmdbOptions& options, RepairMode mode, const EngineHooks& hooks,
                       RepairProgress progress, IsWhole is_whole) {
  Io& io = *hooks.io;
  const std::filesystem::path file = options.path / "data.mdb";
  if (!lmdb::holds_database(io, options.path)) {
    throw Error(ErrorKind::invalid_argument, "there is no database in " + options.path.string());
  }
  PageRepair report;
  {
    const lmdb::DirectoryLock lock(options, hooks);
    if (!lock.is_sole()) lmdb::throw_open_elsewhere(options.path, "repair");
    const lmdb::FileImage image(io, file);
    if (lmdb::is_unfinished(image.bytes())) return report;
    const std::optional<lmdb::Head> head = lmdb::noted_head(io, options.path);
    std::vector<std::string> problems;
    lmdb::look_at_heads(options, hooks, image.bytes(), problems);
    report = lmdb::look(image.bytes(), head, file);
    report.problems.insert(report.problems.begin(), problems.begin(), problems.end());
    if (report.problems.empty() || mode == RepairMode::dry_run) return report;
    lmdb::SecondDatabase second(options, hooks);
    problems = std::move(report.problems);
    lmdb::Remains remains(image.bytes(), head);
    report =
        lmdb::bring_over(remains, second, lmdb::before_log(options, hooks), is_whole, progress);
    report.problems = std::move(problems);
    report.kept = lmdb::keep(io, file);
    second.replace();
  }
  static_cast<void>(open_lmdb(options, hooks));  // brings over what is in the log
  return report;
}

}  // namespace larder
