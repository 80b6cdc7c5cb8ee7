// SPDX-License-Identifier: Apache-2.0
#include "cli/run/signal_relay.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>

#include "larder/core/error.h"

namespace larder::cli {
namespace {

constexpr std::array passed_on = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};

std::atomic<int> notes_fd = -1;  // a handler reaches nothing but globals

struct sigaction file_size_action = {};  // what SIGXFSZ did when this process began

void write_note(int number, siginfo_t* info, void* /*context*/) {
  const int saved_errno = errno;
  const SignalRelay::Note note{.number = number, .reached_everyone = info->si_code > 0};
  // A full pipe means that many notes are waiting already.
  static_cast<void>(!::write(notes_fd.load(), &note, sizeof note));
  errno = saved_errno;
}

}  // namespace

SignalRelay::SignalRelay() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0)
    throw system_error(errno, "cannot make a pipe");
  read_fd_ = ends[0];
  write_fd_ = ends[1];
  notes_fd.store(write_fd_);
  for (const int number : passed_on) take(number, false);
  take(SIGCHLD, true);
  // Whoever started us may have blocked it, and then the end of the command would go unnoticed.
  sigset_t ended;
  sigemptyset(&ended);
  sigaddset(&ended, SIGCHLD);
  ::pthread_sigmask(SIG_UNBLOCK, &ended, &mask_);
  take(SIGPIPE, true);
}

SignalRelay::~SignalRelay() {
  restore();
  notes_fd.store(-1);
  ::close(read_fd_);
  ::close(write_fd_);
}

void SignalRelay::take(int number, bool even_if_ignored) {
  Saved saved{.number = number, .action = {}};
  ::sigaction(number, nullptr, &saved.action);
  const bool ignored =
      (saved.action.sa_flags & SA_SIGINFO) == 0 && saved.action.sa_handler == SIG_IGN;
  if (ignored && !even_if_ignored) return;
  struct sigaction action = {};
  if (number == SIGPIPE) {
    action.sa_handler = SIG_IGN;
  } else {
    action.sa_sigaction = write_note;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
  }
  sigfillset(&action.sa_mask);
  ::sigaction(number, &action, nullptr);
  saved_.push_back(saved);
}

std::optional<SignalRelay::Note> SignalRelay::next() const {
  Note note;
  if (::read(read_fd_, &note, sizeof note) != static_cast<ssize_t>(sizeof note))
    return std::nullopt;
  return note;
}

void SignalRelay::restore() const noexcept {
  for (const Saved& saved : saved_) ::sigaction(saved.number, &saved.action, nullptr);
  ::pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
}

void ignore_file_size_signal() noexcept {
  struct sigaction ignore = {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGXFSZ, &ignore, &file_size_action);
}

void restore_file_size_signal() noexcept { ::sigaction(SIGXFSZ, &file_size_action, nullptr); }

bool kills_too_large_files() noexcept { return file_size_action.sa_handler != SIG_IGN; }

bool is_interruption(int number) noexcept {
  return number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGQUIT;
}

void die_of(int number) {
  // The command may have left a core file; one of this process would only hide it.
  const rlimit no_core{.rlim_cur = 0, .rlim_max = 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::signal(number, SIG_DFL);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, number);
  ::raise(number);
  ::sigprocmask(SIG_UNBLOCK, &only, nullptr);
  std::exit(128 + number);
}

}  // namespace larder::cli
