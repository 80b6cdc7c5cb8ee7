// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>
#include <optional>
#include <vector>

namespace larder::cli {

/// Catches the signals that end a program while a command runs, so that they can be passed on to
/// it. Signals that were ignored before stay ignored. One object at a time.
///
/// Handlers rather than a blocked mask: other threads of this process must not get the signals
/// with their default effect.
class SignalRelay {
 public:
  /// One signal that came.
  struct Note {
    int number = 0;
    /// The kernel sent it to the whole foreground group: the command has it already.
    bool reached_everyone = false;
  };

  SignalRelay();
  ~SignalRelay();
  SignalRelay(const SignalRelay&) = delete;
  SignalRelay& operator=(const SignalRelay&) = delete;

  /// Readable when a note is waiting. SIGCHLD is among the notes.
  [[nodiscard]] int fd() const noexcept { return read_fd_; }
  [[nodiscard]] std::optional<Note> next() const;

  /// Gives a new child the signals as this process found them. Async-signal-safe.
  void restore() const noexcept;

 private:
  struct Saved {
    int number;
    struct sigaction action;
  };

  void take(int number, bool even_if_ignored);

  std::vector<Saved> saved_;
  sigset_t mask_{};
  int read_fd_ = -1;
  int write_fd_ = -1;
};

/// From now on a file that would grow beyond the limit of the process is an error for this process
/// like a full disk, not its end. What was before is for `restore_file_size_signal`.
void ignore_file_size_signal() noexcept;

/// Gives the program that this process is about to become SIGXFSZ as this process found it.
/// Async-signal-safe.
void restore_file_size_signal() noexcept;

/// Whether the programs that this process starts should get SIGXFSZ with its default effect.
[[nodiscard]] bool kills_too_large_files() noexcept;

/// Whether `number` asks a program to end.
[[nodiscard]] bool is_interruption(int number) noexcept;

/// Thrown to end this process by a signal, after everything on the way out is put in order.
struct EndBySignal {
  int number = 0;
};

/// Ends this process by signal `number`, so that a shell sees that and stops its loops.
[[noreturn]] void die_of(int number);

}  // namespace larder::cli
