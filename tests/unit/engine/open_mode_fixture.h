// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "larder/engine/engine.h"
#include "support/channel.h"
#include "support/child.h"
#include "support/engine_under_test.h"
#include "support/temp_dir.h"

namespace larder::test {

using namespace std::chrono_literals;

class OpenModeTest : public testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path path() const { return folder_ / "db"; }
  [[nodiscard]] LmdbOptions options(OpenMode mode = OpenMode::open_or_create) const {
    return {.path = path(), .open_mode = mode, .timeout = 20s, .map_bytes = 1U << 30U};
  }
  [[nodiscard]] EnginePtr open(OpenMode mode = OpenMode::open_or_create,
                               const EngineHooks& hooks = {}) const {
    return open_lmdb(options(mode), hooks);
  }
  [[nodiscard]] EnginePtr open_read_only() const { return open(OpenMode::read_only); }

  /// Runs `body(engine)` in a child that is killed then: nothing is closed.
  template <typename Body>
  void write_and_be_killed(Body body) const {
    const ChildEnd end = run_in_child([&] {
      const EnginePtr engine = open();
      body(*engine);
      ::kill(::getpid(), SIGKILL);
      return 0;
    });
    ASSERT_EQ(end.signal, SIGKILL);
  }

  TempDir folder_{memory_folder()};
};

/// Another user, who owns nothing here.
inline void become_nobody() {
  if (::geteuid() != 0) return;
  constexpr uid_t nobody = 65534;
  if (::setgid(nobody) != 0 || ::setuid(nobody) != 0) throw std::runtime_error("cannot be nobody");
}

inline void fill(Engine& engine, int count, const std::string& value) {
  for (int i = 0; i < count; ++i) put(engine, "key" + std::to_string(i), value);
}

/// A process that writes what it is told to, until it is killed or told to end.
class Writer {
 public:
  explicit Writer(const LmdbOptions& options)
      : child_([&] {
          line_.parent.close();
          EnginePtr engine = open_lmdb(options);
          line_.child.send("open");
          while (const auto order = line_.child.receive()) {
            if (*order == "end") break;
            put(*engine, "a", *order);
            put(*engine, "b", *order);
            line_.child.send(*order);
          }
          engine.reset();
          line_.child.send("closed");
          return 0;
        }) {
    line_.child.close();
    EXPECT_EQ(line_.parent.receive(), "open");
  }
  void write(const std::string& value) {
    begin(value);
    finish(value);
  }
  /// The same in two steps, for a writer who may have to wait for the caller in between.
  void begin(const std::string& value) { line_.parent.send(value); }
  [[nodiscard]] bool is_done_within(std::chrono::milliseconds limit) const {
    return line_.parent.is_ready_within(limit);
  }
  void finish(const std::string& value) { EXPECT_EQ(line_.parent.receive(), value); }
  void close() {
    line_.parent.send("end");
    EXPECT_EQ(line_.parent.receive(), "closed");
    EXPECT_TRUE(child_.wait().is_good());
  }
  void kill() {
    child_.kill(SIGKILL);
    child_.wait();
  }

 private:
  ChannelPair line_;
  Child child_;
};

}  // namespace larder::test
