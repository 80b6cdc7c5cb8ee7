// SPDX-License-Identifier: Apache-2.0
//
// A database in which pages are damaged is made anew from what can be read of it. LMDB itself is
// never let near the damaged file.
#include "larder/engine/repair.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "engine/lmdb/directory.h"
#include "engine/lmdb/page_check.h"
#include "engine/lmdb/recovery.h"
#include "engine/lmdb/remains.h"
#include "engine/lmdb/second_database.h"
#include "engine/lmdb/table_view.h"
#include "larder/core/error.h"
#include "larder/engine/engine.h"

namespace larder {
namespace lmdb {
namespace {

/// The bytes of a file that nobody changes.
class FileImage {
 public:
  FileImage(Io& io, const std::filesystem::path& path) : io_(io) {
    const File file(io, path, O_RDONLY | O_NOFOLLOW);
    struct stat status{};
    if (const int result = io.fstat(file.fd(), status); result < 0) {
      throw system_error(-result, "look at " + path.string());
    }
    size_ = static_cast<std::size_t>(status.st_size);
    if (size_ == 0) return;
    map_ = io.mmap(size_, PROT_READ, MAP_SHARED, file.fd(), 0);
    if (map_ == MAP_FAILED) throw system_error(errno, "map " + path.string());
  }
  FileImage(const FileImage&) = delete;
  FileImage& operator=(const FileImage&) = delete;
  ~FileImage() {
    if (size_ > 0) io_.munmap(map_, size_);
  }

  [[nodiscard]] BytesView bytes() const noexcept {
    return {static_cast<const std::byte*>(map_), size_};
  }

 private:
  Io& io_;
  void* map_ = nullptr;
  std::size_t size_ = 0;
};

/// Puts entries into a database that is being made, many in each transaction.
class Intake {
 public:
  enum class Order { ascending, any };

  Intake(Environment& target, Order order) : target_(target), order_(order) {}

  void take(BytesView key, BytesView value) {
    constexpr std::uint64_t bytes_in_step = std::uint64_t{32} << 20U;
    entries_.emplace_back(key, value);
    bytes_ += key.size() + value.size();
    if (bytes_ >= bytes_in_step) flush();
  }

  void flush() {
    std::uint64_t stored = 0;
    target_.write(
        [&](LmdbWrite& write) {
          stored = 0;
          for (const auto& [key, value] : entries_) stored += put(write, key, value) ? 1U : 0U;
        },
        nullptr);
    stored_ += stored;
    entries_.clear();
    bytes_ = 0;
  }

  [[nodiscard]] std::uint64_t stored() const noexcept { return stored_ + entries_.size(); }

 private:
  // What is there already is newer.
  bool put(LmdbWrite& write, BytesView key, BytesView value) {
    if (order_ == Order::ascending) {
      write.append(key, value);
    } else {
      if (TableView(target_, write).get(key)) return false;
      write.put(key, value);
    }
    return true;
  }

  Environment& target_;
  Order order_;
  std::vector<std::pair<BytesView, BytesView>> entries_;
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
    if (error.kind() != ErrorKind::corrupt) throw;
    problems.emplace_back(error.what());
  }
}

void count_lost(PageRepair& report, const Remains& remains) {
  report.lost = remains.entries() - std::min(remains.entries(), report.entries);
}

PageRepair look(BytesView image) {
  Remains remains(image);
  PageRepair report;
  const auto count = [&](BytesView, BytesView) { ++report.entries; };
  remains.visit_ordered(count);
  remains.visit_stray(count);
  report.problems = remains.problems();
  count_lost(report, remains);
  return report;
}

PageRepair bring_over(BytesView image, SecondDatabase& second, std::uint64_t before_log,
                      RepairProgress progress) {
  Remains remains(image);
  PageRepair report;
  const auto take_with = [&](Intake& intake) {
    return [&](BytesView key, BytesView value) {
      intake.take(key, value);
      const std::uint64_t done = report.entries + intake.stored();
      progress(done, std::max(remains.entries(), done));
    };
  };
  Intake ordered(second.environment(), Intake::Order::ascending);
  remains.visit_ordered(take_with(ordered));
  ordered.flush();
  report.entries = ordered.stored();
  Intake stray(second.environment(), Intake::Order::any);
  remains.visit_stray(take_with(stray));
  stray.flush();
  report.entries += stray.stored();
  report.problems = remains.problems();
  count_lost(report, remains);
  second.finish(remains.applied().value_or(before_log));
  return report;
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
                       RepairProgress progress) {
  Io& io = *hooks.io;
  const std::filesystem::path file = options.path / "data.mdb";
  if (!lmdb::holds_database(io, options.path)) {
    throw Error(ErrorKind::invalid_argument, "there is no database in " + options.path.string());
  }
  PageRepair report;
  {
    const lmdb::DirectoryLock lock(options, hooks);
    if (!lock.is_sole()) {
      throw Error(ErrorKind::unavailable,
                  options.path.string() + " is open: close it everywhere to repair it");
    }
    const lmdb::FileImage image(io, file);
    if (lmdb::is_unfinished(image.bytes())) return report;
    std::vector<std::string> problems;
    lmdb::look_at_heads(options, hooks, image.bytes(), problems);
    report = lmdb::look(image.bytes());
    report.problems.insert(report.problems.begin(), problems.begin(), problems.end());
    if (report.problems.empty() || mode == RepairMode::dry_run) return report;
    lmdb::SecondDatabase second(options, hooks);
    problems = std::move(report.problems);
    report = lmdb::bring_over(image.bytes(), second, lmdb::before_log(options, hooks), progress);
    report.problems = std::move(problems);
    report.kept = lmdb::keep(io, file);
    second.replace();
  }
  static_cast<void>(open_lmdb(options, hooks));  // brings over what is in the log
  return report;
}

}  // namespace larder
