// SPDX-License-Identifier: Apache-2.0
// A full device is an error; reading and erasing go on, and so does writing once there is room.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstdio>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "larder/core/error.h"
#include "larder/core/mutex.h"
#include "support/child.h"
#include "support/engine_under_test.h"
#include "support/faulty_io.h"
#include "support/settings.h"
#include "support/temp_dir.h"

namespace larder::test {

namespace {

constexpr const char* operations[] = {"open",  "write", "pwrite",    "ftruncate",
                                      "mkdir", "fsync", "fdatasync", "fallocate"};

/// One run with the device full at some moment. Every put that returned must be found later.
class FullDevice {
 public:
  explicit FullDevice(Durability durability) : dir_(memory_folder()) {
    settings_ = {.directory = dir_ / "engine", .durability = durability};
    settings_.hooks.io = &io_;
  }

  FaultyIo& io() { return io_; }

  /// Opens, puts, erases; an `Error` ends it.
  void use(bool is_full_expected) {
    try {
      const EnginePtr engine = open_lmdb_with(settings_);
      for (int i = 0; i < 30; ++i) {
        put(*engine, "key" + std::to_string(i), std::string(20'000, 'x'));
        acknowledged_ = i + 1;
      }
      engine->sync();
      erase(*engine, "key0");
      is_erased_ = true;
    } catch (const Error& error) {
      if (is_full_expected) {
        EXPECT_EQ(to_string(error.kind()), "full") << error.what();
      }
    }
  }

  void check() {
    const EnginePtr engine = open_lmdb_with(settings_);
    for (int i = 1; i < acknowledged_; ++i) {
      EXPECT_EQ(get(*engine, "key" + std::to_string(i)), std::string(20'000, 'x')) << i;
    }
    if (is_erased_) {
      EXPECT_EQ(get(*engine, "key0"), std::nullopt);
    }
    put(*engine, "there", "is room again");
    EXPECT_EQ(get(*engine, "there"), "is room again");
    engine->sync();
  }

 private:
  TempDir dir_;
  FaultyIo io_;
  EngineSettings settings_;
  int acknowledged_ = 0;
  bool is_erased_ = false;
};

/// Fails the k-th call of each operation for every k there is. Returns how many runs that took.
std::uint64_t fail_each(Durability durability, bool is_staying_full) {
  std::uint64_t runs = 0;
  for (const char* operation : operations) {
    for (std::uint64_t k = 1;; ++k) {
      FullDevice device(durability);
      is_staying_full ? device.io().fail_from(operation, k, ENOSPC)
                      : device.io().fail(operation, k, ENOSPC);
      device.use(std::string(operation) != "fsync" && std::string(operation) != "fdatasync");
      const bool has_failed = device.io().faults() > 0;
      device.io().clear_rules();
      device.check();
      if (!has_failed || testing::Test::HasFailure()) break;
      ++runs;
    }
    if (testing::Test::HasFailure()) {
      ADD_FAILURE() << "when " << operation << " failed";
      break;
    }
  }
  return runs;
}

/// What a program meets on a small file system of its own. A failed expectation throws.
class SmallDevice {
 public:
  SmallDevice(const std::filesystem::path& folder, std::size_t value_bytes)
      : value_(value_bytes, 'v') {
    settings_.directory = folder / "engine";
    settings_.hooks.log = [this](LogLevel, std::string_view message) {
      const MutexLock lock(mutex_);
      log_ += "\n  " + std::string(message);
    };
  }

  /// Three times: puts until the device is full, reads, erases all. Then there is room again.
  void use() {
    for (int round = 0; round < 3; ++round) {
      at("open");
      const EnginePtr engine = open_lmdb_with(settings_);
      const int count = fill(*engine);
      expect(count >= 5, "room for more than " + std::to_string(count) + " values");
      at("get");
      for (int i = 0; i < count; ++i) {
        expect(get(*engine, "key" + std::to_string(i)) == value_, "all that was put");
      }
      empty(*engine);
      at("close");
    }
    at("put in the end");
    const EnginePtr engine = open_lmdb_with(settings_);
    put(*engine, "key", value_);
    expect(get(*engine, "key") == value_, "the last value");
  }

  /// Tells what was being done, and what the library had to say about it.
  [[nodiscard]] std::string story() {
    const MutexLock lock(mutex_);
    return "at '" + step_ + "'" + log_;
  }

 private:
  int fill(Engine& engine) {
    at("put");
    for (int count = 0; count < 1'000'000; ++count) {
      try {
        put(engine, "key" + std::to_string(count), value_);
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::full) throw;
        return count;
      }
    }
    throw std::runtime_error("the device never gets full");
  }

  void empty(Engine& engine) {
    const UpdateOptions freeing{.frees_space = true};
    at("erase");
    expect(engine.update([](WriteTxn& txn) { return txn.erase(as_bytes("key0")); }, freeing),
           "the first value");
    at("erase all");
    // In batches: a transaction that erases has to be written down as well.
    while (engine.update([](WriteTxn& txn) { return erase_first(txn, 1000); }, freeing)) {
    }
    expect(entries(engine).empty(), "nothing");
  }

  static bool erase_first(WriteTxn& txn, std::size_t count) {
    std::vector<Bytes> keys;
    txn.scan({}, Direction::forward, [&](BytesView key, BytesView) {
      keys.push_back(to_bytes(key));
      return keys.size() < count ? Visit::more : Visit::stop;
    });
    for (const Bytes& key : keys) txn.erase(key);
    return !keys.empty();
  }

  void at(const char* step) {
    const MutexLock lock(mutex_);
    step_ = step;
  }

  static void expect(bool is_there, const std::string& what) {
    if (!is_there) throw std::runtime_error("expected " + what);
  }

  EngineSettings settings_;
  std::string value_;
  Mutex mutex_;
  std::string step_ LARDER_GUARDED_BY(mutex_);
  std::string log_ LARDER_GUARDED_BY(mutex_);
};

constexpr int may_not_mount = 77;

int use_small_device(const std::filesystem::path& folder, int mebibytes, std::size_t value_bytes) {
  const std::string options = "size=" + std::to_string(mebibytes) + "m";
  if (::unshare(CLONE_NEWNS) != 0 ||
      ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("tmpfs", folder.c_str(), "tmpfs", 0, options.c_str()) != 0) {
    return may_not_mount;
  }
  SmallDevice device(folder, value_bytes);
  try {
    device.use();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s, %s\n", error.what(), device.story().c_str());
    return 1;
  }
  return 0;
}

void check_small_device(int mebibytes, std::size_t value_bytes) {
  const TempDir folder;
  const ChildEnd end =
      run_in_child([&] { return use_small_device(folder.path(), mebibytes, value_bytes); });
  if (end.exit_code == may_not_mount) GTEST_SKIP() << "may not mount";
  EXPECT_TRUE(end.is_good()) << end;
}

}  // namespace

TEST(LmdbFull, every_call_that_finds_the_device_full_once) {
  for (const Durability durability : {Durability::durable, Durability::disposable}) {
    std::printf("full rig: %llu calls failed once\n",
                static_cast<unsigned long long>(fail_each(durability, false)));
  }
}

TEST(LmdbFull, device_that_stays_full_from_any_call_on) {
  for (const Durability durability : {Durability::durable, Durability::disposable}) {
    std::printf("full rig: the device was full from %llu calls on\n",
                static_cast<unsigned long long>(fail_each(durability, true)));
  }
}

TEST(LmdbFull, device_of_4_mib) { check_small_device(4, 10'000); }
TEST(LmdbFull, device_of_20_mib) { check_small_device(20, 10'000); }
TEST(LmdbFull, device_of_37_mib) { check_small_device(37, 10'000); }
TEST(LmdbFull, device_of_61_mib) { check_small_device(61, 10'000); }
TEST(LmdbFull, device_of_100_mib) { check_small_device(100, 10'000); }
TEST(LmdbFull, device_full_of_large_values) { check_small_device(61, 300'000); }

}  // namespace larder::test
