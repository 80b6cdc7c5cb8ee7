// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace larder::test {

/// One end of a two-way line between processes.
class Channel {
 public:
  explicit Channel(int fd) noexcept : fd_(fd) {}
  Channel(Channel&& other) noexcept;
  Channel& operator=(Channel&&) = delete;
  ~Channel();

  /// Sends `line`, which holds no newline. Returns whether the other side still listens.
  bool send(std::string_view line);

  /// Waits for a line; nothing when the other side has closed its end, died or hangs.
  [[nodiscard]] std::optional<std::string> receive();

  /// Waits until `receive()` has something to return, but not longer than `limit`.
  [[nodiscard]] bool is_ready_within(std::chrono::milliseconds limit) const;

  void close() noexcept;

 private:
  int fd_;
  std::string received_ = {};
};

/// Both ends of a line, made before a child is. Each process closes the end of the other, so that
/// the death of one is the end of the line for the other:
///
///     ChannelPair line;
///     Child child([&] {
///       line.parent.close();
///       line.child.send("ready");
///       static_cast<void>(line.child.receive());  // until killed
///       return 0;
///     });
///     line.child.close();
///     EXPECT_EQ(line.parent.receive(), "ready");
///     child.kill(SIGKILL);
struct ChannelPair {
  ChannelPair();

  Channel parent;
  Channel child;

 private:
  struct Ends {
    int parent;
    int child;
  };
  static Ends make_ends();
  explicit ChannelPair(Ends ends) noexcept;
};

}  // namespace larder::test
