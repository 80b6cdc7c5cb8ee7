// SPDX-License-Identifier: Apache-2.0
#include "crash/full_rig.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <latch>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <vector>

#include "larder/core/error.h"
#include "larder/core/function_ref.h"
#include "larder/core/io.h"
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

/// Says that nothing is free as soon as a call has found that.
class FullIo final : public Io {
 public:
  explicit FullIo(const FaultyIo& calls) : calls_(calls) {}
  std::int64_t free_bytes(const std::filesystem::path& path) override {
    return calls_.faults() > 0 && !has_room_again_ ? 0 : Io::free_bytes(path);
  }
  void give_room() { has_room_again_ = true; }

 private:
  const FaultyIo& calls_;
  std::atomic<bool> has_room_again_ = false;
};

/// One run with the device full at some moment. Every put that returned must be found later.
class FullDevice {
 public:
  FullDevice(const OpenSubject& open, Durability durability) : open_(open), dir_(memory_folder()) {
    settings_ = {.directory = dir_ / "subject", .durability = durability};
    settings_.hooks.io = &io_;
  }

  FaultyIo& io() { return io_; }
  void give_room() {
    io_.clear_rules();
    device_.give_room();
  }

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
  FullIo device_{io_};
  FaultyIo io_{device_};
  EngineSettings settings_;
  const std::string value_ = std::string(20'000, 'x');
  int acknowledged_ = 0;
  bool is_erased_ = false;
};

/// What a program meets on a small file system of its own. What goes wrong is thrown.
class SmallDevice {
 public:
  SmallDevice(const OpenSubject& open, const std::filesystem::path& folder, const Filling& filling)
      : open_(open),
        mebibytes_(filling.mebibytes),
        opened_(filling.opened),
        value_(filling.value_bytes, 'v') {
    settings_.directory = folder / "subject";
    settings_.hooks.log = [this](LogLevel, std::string_view message) {
      const MutexLock lock(mutex_);
      log_ += "\n  " + std::string(message);
    };
  }

  void use() {
    for (int round = 0; round < 3; ++round) {
      const int count = fill();
      expect(count >= 5, "room for more than " + std::to_string(count) + " values");
      at("get");
      for (int i = 0; i < count; ++i) expect(subject().get(key(i)) == value_, "all that was put");
      for (int i = 0; i < count; ++i) {
        at("erase");
        expect(subject().erase(key(i)), "all that was put");
      }
      expect(subject().all().empty(), "nothing");
      close();
    }
    at("put in the end");
    subject().put(key(0), value_);
    expect(subject().get(key(0)) == value_, "the last value");
  }

  /// Tells what was being done, and what the library had to say about it.
  [[nodiscard]] std::string story() {
    const MutexLock lock(mutex_);
    return "at '" + step_ + "'" + log_;
  }

 private:
  int fill() {
    const std::size_t too_much = (static_cast<std::size_t>(mebibytes_) << 20U) / value_.size();
    for (int count = 0; static_cast<std::size_t>(count) <= too_much; ++count) {
      at("put");
      try {
        subject().put(key(count), value_);
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::full) throw;
        return count;
      }
    }
    throw std::runtime_error("the device takes more than it can");
  }

  /// What is to be done next. A tool that does one thing opens anew for it.
  void at(const char* step) {
    if (opened_ == Opened::for_each_step) close();
    note(step);
  }

  Subject& subject() {
    if (subject_ == nullptr) subject_ = open_(settings_);
    return *subject_;
  }

  void close() {
    note("close");
    subject_.reset();
  }

  void note(const char* step) {
    const MutexLock lock(mutex_);
    step_ = step;
  }

  const OpenSubject& open_;
  int mebibytes_;
  Opened opened_;
  EngineSettings settings_;
  std::string value_;
  Mutex mutex_;
  std::string step_ LARDER_GUARDED_BY(mutex_);
  std::string log_ LARDER_GUARDED_BY(mutex_);
  std::unique_ptr<Subject> subject_;  ///< Open from the first step that needs it.
};

constexpr int may_not_mount = 77;

using Wrong = std::array<char, 2000>;

int use_small_device(const std::filesystem::path& folder, int mebibytes, FunctionRef<void()> use,
                     Wrong& wrong) {
  const std::string options = "size=" + std::to_string(mebibytes) + "m";
  if (::unshare(CLONE_NEWNS) != 0 ||
      ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("tmpfs", folder.c_str(), "tmpfs", 0, options.c_str()) != 0) {
    return may_not_mount;
  }
  try {
    use();
  } catch (const std::exception& error) {
    std::snprintf(wrong.data(), wrong.size(), "%s", error.what());
  }
  return 0;
}

/// Runs `use` in a process that has a file system of this size at `folder`.
std::optional<std::string> on_small_device(const TempDir& folder, int mebibytes,
                                           FunctionRef<void()> use) {
  const SharedBlock<Wrong> wrong;
  const ChildEnd end =
      run_in_child([&] { return use_small_device(folder.path(), mebibytes, use, *wrong); });
  if (end.exit_code == may_not_mount) return std::nullopt;
  if (end.is_good()) return std::string(wrong->data());
  std::ostringstream text;
  text << end;
  return text.str();
}

/// A file that takes all room but some.
class Filler {
 public:
  explicit Filler(const std::filesystem::path& path)
      : file_(Io::system(), path, O_WRONLY | O_CREAT, S_IRUSR | S_IWUSR) {}

  void leave(std::uint64_t bytes) {
    while (::write(file_.fd(), page_.data(), page_.size()) > 0) size_ += page_.size();
    size_ -= std::min(size_, bytes);
    expect(::ftruncate(file_.fd(), static_cast<off_t>(size_)) == 0, "a shorter file");
    expect(::lseek(file_.fd(), 0, SEEK_END) >= 0, "a place in the file");
  }

 private:
  File file_;
  std::uint64_t size_ = 0;
  const std::string page_ = std::string(4096, 'f');
};

/// An engine there, or nothing if there is no room for one.
EnginePtr open_if_room(const std::filesystem::path& directory) {
  try {
    return open_lmdb_with({.directory = directory});
  } catch (const Error& error) {
    expect(error.kind() == ErrorKind::full, std::string("full, not: ") + error.what());
    return nullptr;
  }
}

void read_at_once(Engine& engine, std::ptrdiff_t readers) {
  std::latch all_inside(readers);
  std::vector<std::jthread> threads;
  for (std::ptrdiff_t i = 0; i < readers; ++i) {
    threads.emplace_back(
        [&] { engine.view([&](ReadTxn& /*txn*/) { all_inside.arrive_and_wait(); }); });
  }
}

void fill_then_open(const std::filesystem::path& folder) {
  constexpr std::uint64_t step = 16 << 10U;
  constexpr std::ptrdiff_t more_than_ever = 300;
  Filler filler(folder / "filler");
  EnginePtr engine;
  for (std::uint64_t room = 0; engine == nullptr; room += step) {
    std::filesystem::remove_all(folder / "engine");
    filler.leave(room);
    engine = open_if_room(folder / "engine");
    expect(room > 0 || engine == nullptr, "no room on a full device");
  }
  filler.leave(0);
  read_at_once(*engine, more_than_ever);
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
        device.give_room();
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

std::optional<std::string> fill_small_device(const OpenSubject& open, const Filling& filling) {
  const TempDir folder;
  return on_small_device(folder, filling.mebibytes, [&] {
    SmallDevice device(open, folder.path(), filling);
    try {
      device.use();
    } catch (const std::exception& error) {
      throw std::runtime_error(std::string(error.what()) + ", " + device.story());
    }
  });
}

std::optional<std::string> open_on_full_device() {
  const TempDir folder;
  return on_small_device(folder, 24, [&] { fill_then_open(folder.path()); });
}

}  // namespace larder::test
