// SPDX-License-Identifier: Apache-2.0

// Finding what is wrong, and putting it right.

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "cache/inspection.h"
#include "cache/reports.h"
#include "cache/sweep.h"
#include "larder/cache/detail/cache_core.h"
#include "larder/core/error.h"

namespace larder::detail {

namespace {

using Names = std::set<std::uint64_t>;

std::string leftover_text(std::uint64_t name) {
  return "the value file " + bucket_of(name) + "/" + leaf_of(name) + " belongs to no entry";
}

void not_in_flight(FileStore& files, Names& names) {
  for (const std::uint64_t name : files.in_flight().names()) names.erase(name);
}

struct Found {
  VerifyReport report;
  Names sound_files;
};

// In one snapshot, which writers do not wait for.
Found look(const CacheCore::State& state, Inspection::Progress progress) {
  Names unnamed = settled_files(*state.files);
  Found found;
  state.engine->view([&](ReadTxn& txn) {
    Inspection inspection(state, txn);
    inspection.expect_files(std::exchange(unnamed, {}));
    inspection.run(progress);
    found.report = {.entries = inspection.entries,
                    .bytes = inspection.bytes,
                    .problems = std::move(inspection.problems)};
    unnamed = inspection.unnamed();
    found.sound_files = inspection.take_trusted();
  });
  // A file that a record came to name, or lost, in the meantime is none that is left over.
  not_in_flight(*state.files, unnamed);
  if (!unnamed.empty()) {
    state.engine->view([&](ReadTxn& txn) { drop_named(state.layout, txn, unnamed); });
  }
  for (const std::uint64_t name : unnamed) {
    if (state.files->look_at(name) == FileState::settled) {
      found.report.problems.push_back(leftover_text(name));
    }
  }
  return found;
}

/// How many entries the cache counted beside those that were `found`: their pages were lost.
std::uint64_t missing_entries(const CacheCore::State& state, ReadTxn& txn, std::uint64_t found) {
  try {
    return std::max(load_meta(txn, state.layout).entries, found) - found;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::corrupt) throw;
    return 0;  // nobody knows
  }
}

}  // namespace

VerifyReport CacheCore::verify(
    FunctionRef<void(std::uint64_t done, std::uint64_t total)> progress) const {
  if (!parts_.empty()) return verify_parts(progress);
  VerifyReport report = look(*state_, progress).report;
  for_each_sub([&](const std::string& name, const std::shared_ptr<CacheCore>& sub) {
    add_part(report, name, sub->verify(progress));
  });
  return report;
}

RepairReport CacheCore::repair(
    RepairMode mode, FunctionRef<void(std::uint64_t done, std::uint64_t total)> progress) {
  if (!parts_.empty()) return repair_parts(mode, progress);
  RepairReport report = repair_this(mode, progress);
  for_each_sub([&](const std::string& name, const std::shared_ptr<CacheCore>& sub) {
    add_part(report, name, sub->repair(mode, progress));
  });
  return report;
}

RepairReport CacheCore::repair_this(
    RepairMode mode, FunctionRef<void(std::uint64_t done, std::uint64_t total)> progress) {
  Found found = look(*state_, progress);
  if (mode == RepairMode::dry_run) {
    return {.entries = found.report.entries, .removed = 0, .problems = found.report.problems};
  }
  sweep_after_crash(*state_);
  // Writers wait from here on; the files need not be read again for them.
  return state_->engine->update(
      [&](WriteTxn& txn) {
        Inspection inspection(*state_, txn);
        inspection.trust(found.sound_files);
        inspection.expect_files(settled_files(*state_->files));
        inspection.run(progress);
        const std::uint64_t missing = missing_entries(*state_, txn, inspection.entries);
        inspection.mend(txn);
        Names leftovers = inspection.unnamed();
        not_in_flight(*state_->files, leftovers);
        if (!leftovers.empty()) state_->engine->sync();  // as in the sweep after a crash
        for (const std::uint64_t name : leftovers) {
          if (state_->files->remove_leftover(name)) {
            inspection.problems.push_back(leftover_text(name));
          }
        }
        return RepairReport{.entries = inspection.entries - inspection.damaged,
                            .removed = inspection.damaged + missing,
                            .problems = std::move(inspection.problems)};
      },
      {.deadline = std::nullopt, .frees_space = true});
}

}  // namespace larder::detail
