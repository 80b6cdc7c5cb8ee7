// SPDX-License-Identifier: Apache-2.0

// Opening a database that another process makes larger than the map that was chosen for it.

#include <filesystem>
#include <string>

#include "open_mode_fixture.h"
#include "support/stopping_io.h"

namespace larder::test {
namespace {

class OpenWhileItGrowsTest : public OpenModeTest {
 protected:
  /// As small a map as there is.
  [[nodiscard]] LmdbOptions small_options(OpenMode mode) const {
    LmdbOptions small = options(mode);
    small.map_bytes = 1;
    return small;
  }

  /// Opens the database, which grows right before the `nth` thing that this thread does with files.
  /// Returns whether it did so many.
  bool open_grown_at(std::uint64_t nth, OpenMode mode) const {
    const std::string large(3'000'000, 'x');
    std::filesystem::remove_all(path());
    Writer writer(small_options(OpenMode::open_or_create));
    writer.write("small");
    StoppingIo io;
    bool has_grown = false;
    io.stop_at(StoppingIo::Who::this_thread, nth, [&](std::string_view) {
      writer.begin(large);
      // Some things are done while nobody may write.
      static_cast<void>(writer.is_done_within(100ms));
      has_grown = true;
    });
    const EnginePtr engine = open_lmdb(small_options(mode), {.io = &io});
    io.go_on();
    if (has_grown) writer.finish(large);
    EXPECT_EQ(get(*engine, "a"), has_grown ? large : "small") << "event " << nth;
    return has_grown;
  }
};

TEST_F(OpenWhileItGrowsTest, database_is_opened_as_large_as_it_is_then) {
  for (const OpenMode mode : {OpenMode::open_or_create, OpenMode::read_only}) {
    std::uint64_t events = 0;
    while (open_grown_at(events + 1, mode)) ++events;
    EXPECT_GT(events, 10U);
  }
}

}  // namespace
}  // namespace larder::test
