// SPDX-License-Identifier: Apache-2.0
// A full device is an error; reading and erasing go on, and so does writing once there is room.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstdio>
#include <functional>
#include <string>

#include "larder/core/error.h"
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

/// What happens on a small file system of its own. Returns 0 if all is well.
int use_small_device(const std::filesystem::path& folder, const char* size) {
  const std::string options = std::string("size=") + size;
  if (::unshare(CLONE_NEWNS) != 0 ||
      ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("tmpfs", folder.c_str(), "tmpfs", 0, options.c_str()) != 0) {
    return 77;
  }
  const std::string value(10'000, 'v');
  const EngineSettings settings{.directory = folder / "engine"};
  int count = 0;
  for (int round = 0; round < 3; ++round) {
    const EnginePtr engine = open_lmdb_with(settings);
    try {
      for (;; ++count) {
        put(*engine, "key" + std::to_string(count), value);
        if (count > 100'000) return 2;
      }
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::full) {
        std::fprintf(stderr, "put on a full device: %s\n", error.what());
        return 3;
      }
    }
    if (count < 20) return 4;
    for (int i = 0; i < count; ++i) {
      if (get(*engine, "key" + std::to_string(i)) != value) return 5;
    }
    const bool is_erased = engine->update([](WriteTxn& txn) { return txn.erase(as_bytes("key0")); },
                                          {.frees_space = true});
    if (!is_erased) return 6;
    engine->update([](WriteTxn& txn) { txn.erase_range({}); }, {.frees_space = true});
    if (!entries(*engine).empty()) return 7;
    count = 0;
  }
  const EnginePtr engine = open_lmdb_with(settings);
  put(*engine, "key", value);
  return get(*engine, "key") == value ? 0 : 8;
}

void check_small_device(const char* size) {
  const TempDir folder;
  const ChildEnd end = run_in_child([&] { return use_small_device(folder.path(), size); });
  if (end.exit_code == 77) GTEST_SKIP() << "may not mount";
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

TEST(LmdbFull, device_of_4_mib) { check_small_device("4m"); }
TEST(LmdbFull, device_of_20_mib) { check_small_device("20m"); }
TEST(LmdbFull, device_of_100_mib) { check_small_device("100m"); }

}  // namespace larder::test
