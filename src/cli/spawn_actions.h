// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <spawn.h>

namespace larder::cli {

/// What becomes of descriptors in a process that `posix_spawn` starts.
class SpawnActions {
 public:
  SpawnActions() noexcept { ::posix_spawn_file_actions_init(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  ~SpawnActions() { ::posix_spawn_file_actions_destroy(&actions_); }

  /// `fd` of this process is `as` there.
  void pass(int fd, int as) { ::posix_spawn_file_actions_adddup2(&actions_, fd, as); }
  /// `fd` is /dev/null there, opened with `flags`.
  void pass_nothing(int fd, int flags) {
    ::posix_spawn_file_actions_addopen(&actions_, fd, "/dev/null", flags, 0);
  }
  /// `first` and all above are closed there.
  void close_from(int first) { ::posix_spawn_file_actions_addclosefrom_np(&actions_, first); }

  [[nodiscard]] const posix_spawn_file_actions_t* get() const noexcept { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

}  // namespace larder::cli
