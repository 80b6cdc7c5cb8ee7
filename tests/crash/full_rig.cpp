// SPDX-License-Identifier: Apache-2.0
#include "crash/full_rig.h"

#include <sched.h>
#include <sys/mount.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include "larder/core/error.h"
#include "larder/core/mutex.h"
#include "support/child.h"
#include "support/faulty_io.h"
#include "support/shared_block.h"
#include "support/temp_dir.h"

namespace larder::test {

namespace {

constexpr std::string_view operations[] = {"open",  "write", "pwrite",    "ftruncate",
                                           "mkdir", "fsync", "fdatasync", "fallocate"};

constexpr int put_count = 80;  // more than the first segment of a log holds

std::string key(int number) { return "key" + std::to_string(number); }

void expect(bool is_so, const std::string& what) {
  if (!is_so) throw std::runtime_error("expected " + what);
}

/// One run with the device full at some moment. Every put that returned must be found later.
class FullDevice {
 public:
  FullDevice(const OpenSubject& open, Durability durability) : open_(open), dir_(memory_folder()) {
    settings_ = {.directory = dir_ / "subject", .durability = durability};
    settings_.hooks.io = &io_;
  }

  FaultyIo& io() { return io_; }

  /// Opens, puts, erases; an `Error` ends it.
  void use(bool is_full_expected) {
    try {
      const auto subject = open_(settings_);
      for (int i = 0; i < put_count; ++i) {
        subject->put(key(i), value_);
        acknowledged_ = i + 1;
      }
      subject->sync();
      subject->erase(key(0));
      is_erased_ = true;
    } catch (const Error& error) {
      expect(!is_full_expected || error.kind() == ErrorKind::full,
             std::string("full, not: ") + error.what());
    }
  }

  void check() {
    const auto subject = open_(settings_);
    for (int i = 1; i < acknowledged_; ++i) {
      expect(subject->get(key(i)) == value_, "what was put under " + key(i));
    }
    expect(!is_erased_ || !subject->get(key(0)), "nothing where it was erased");
    subject->put("there", "is room again");
    expect(subject->get("there") == "is room again", "room");
    subject->sync();
  }

 private:
  const OpenSubject& open_;
  TempDir dir_;
  FaultyIo io_;
  EngineSettings settings_;
  const std::string value_ = std::string(20'000, 'x');
  int acknowledged_ = 0;
  bool is_erased_ = false;
};

/// What a program meets on a small file system of its own. What goes wrong is thrown.
class SmallDevice {
 public:
  SmallDevice(const OpenSubject& open, const std::filesystem::path& folder, int mebibytes,
              std::size_t value_bytes)
      : open_(open), mebibytes_(mebibytes), value_(value_bytes, 'v') {
    settings_.directory = folder / "subject";
    settings_.hooks.log = [this](LogLevel, std::string_view message) {
      const MutexLock lock(mutex_);
      log_ += "\n  " + std::string(message);
    };
  }

  void use() {
    for (int round = 0; round < 3; ++round) {
      at("open");
      const auto subject = open_(settings_);
      const int count = fill(*subject);
      expect(count >= 5, "room for more than " + std::to_string(count) + " values");
      at("get");
      for (int i = 0; i < count; ++i) expect(subject->get(key(i)) == value_, "all that was put");
      at("erase");
      for (int i = 0; i < count; ++i) expect(subject->erase(key(i)), "all that was put");
      expect(subject->all().empty(), "nothing");
      at("close");
    }
    at("put in the end");
    const auto subject = open_(settings_);
    subject->put(key(0), value_);
    expect(subject->get(key(0)) == value_, "the last value");
  }

  /// Tells what was being done, and what the library had to say about it.
  [[nodiscard]] std::string story() {
    const MutexLock lock(mutex_);
    return "at '" + step_ + "'" + log_;
  }

 private:
  int fill(Subject& subject) {
    at("put");
    const std::size_t too_much = (static_cast<std::size_t>(mebibytes_) << 20U) / value_.size();
    for (int count = 0; static_cast<std::size_t>(count) <= too_much; ++count) {
      try {
        subject.put(key(count), value_);
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::full) throw;
        return count;
      }
    }
    throw std::runtime_error("the device takes more than it can");
  }

  void at(const char* step) {
    const MutexLock lock(mutex_);
    step_ = step;
  }

  const OpenSubject& open_;
  int mebibytes_;
  EngineSettings settings_;
  std::string value_;
  Mutex mutex_;
  std::string step_ LARDER_GUARDED_BY(mutex_);
  std::string log_ LARDER_GUARDED_BY(mutex_);
};

constexpr int may_not_mount = 77;

using Wrong = std::array<char, 2000>;

int use_small_device(const OpenSubject& open, const std::filesystem::path& folder, int mebibytes,
                     std::size_t value_bytes, Wrong& wrong) {
  const std::string options = "size=" + std::to_string(mebibytes) + "m";
  if (::unshare(CLONE_NEWNS) != 0 ||
      ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("tmpfs", folder.c_str(), "tmpfs", 0, options.c_str()) != 0) {
    return may_not_mount;
  }
  SmallDevice device(open, folder, mebibytes, value_bytes);
  try {
    device.use();
  } catch (const std::exception& error) {
    std::snprintf(wrong.data(), wrong.size(), "%s, %s", error.what(), device.story().c_str());
  }
  return 0;
}

}  // namespace

FullReport fill_at_each_call(const OpenSubject& open, Durability durability, Fullness fullness) {
  FullReport report;
  for (const std::string_view operation : operations) {
    const bool is_sync = operation.ends_with("sync");
    for (std::uint64_t k = 1;; ++k, ++report.runs) {
      FullDevice device(open, durability);
      if (fullness == Fullness::staying) {
        device.io().fail_from(operation, k, ENOSPC);
      } else {
        device.io().fail(operation, k, ENOSPC);
      }
      try {
        device.use(!is_sync);
        const bool has_failed = device.io().faults() > 0;
        device.io().clear_rules();
        device.check();
        if (!has_failed) break;
      } catch (const std::exception& error) {
        report.wrong = "call " + std::to_string(k) + " of " + std::string(operation) +
                       " found the device full: " + error.what();
        return report;
      }
    }
  }
  return report;
}

std::optional<std::string> fill_small_device(const OpenSubject& open, int mebibytes,
                                             std::size_t value_bytes) {
  const TempDir folder;
  const SharedBlock<Wrong> wrong;
  const ChildEnd end = run_in_child(
      [&] { return use_small_device(open, folder.path(), mebibytes, value_bytes, *wrong); });
  if (end.exit_code == may_not_mount) return std::nullopt;
  if (end.is_good()) return std::string(wrong->data());
  std::ostringstream text;
  text << end;
  return text.str();
}

}  // namespace larder::test
