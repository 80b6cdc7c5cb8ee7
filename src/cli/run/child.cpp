// SPDX-License-Identifier: Apache-2.0
#include "cli/run/child.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <vector>

#include "cli/console.h"
#include "cli/run/signal_relay.h"
#include "larder/core/error.h"
#include "larder/core/io.h"

namespace larder::cli {
namespace {

struct Pipe {
  File read_end;
  File write_end;

  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw system_error(errno, "cannot make a pipe");
    read_end = File(Io::system(), ends[0]);
    write_end = File(Io::system(), ends[1]);
  }
};

// Puts `from` in place of `to`; a descriptor that is in place already must lose its close-on-exec.
bool place(int from, int to) {
  return from == to ? ::fcntl(to, F_SETFD, 0) == 0 : ::dup2(from, to) == to;
}

class Child {
 public:
  Child(const ChildSpec& spec, Recorder& recorder)
      : recorder_(recorder), buffer_(std::size_t{64} * 1024) {
    start(spec);
  }

  ChildEnd wait() {
    while (!reaped_ || (any_open() && end_.interrupted_by == 0)) {
      std::array<pollfd, 3> ready = {pollfd{out_.read_end.fd(), POLLIN, 0},
                                     pollfd{err_.read_end.fd(), POLLIN, 0},
                                     pollfd{signals_.fd(), POLLIN, 0}};
      if (::poll(ready.data(), ready.size(), -1) < 0) continue;
      pump_ready(ready);
      if (ready[2].revents != 0) handle_signals();
    }
    // An interrupted command may have left processes that hold its pipes: take what is there only.
    if (any_open()) drain();
    return end_;
  }

 private:
  void start(const ChildSpec& spec) {
    const Execution execute(spec.program, spec.arguments);
    Pipe failure;
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ < 0) throw system_error(errno, "cannot start a process");
    if (pid_ == 0) become(spec, execute, failure.write_end.fd(), parent);
    failure.write_end.close();
    out_.write_end.close();
    err_.write_end.close();
    int error_number = 0;
    const ssize_t size = Io::system().read(
        failure.read_end.fd(), reinterpret_cast<std::byte*>(&error_number), sizeof(int));
    if (size != static_cast<ssize_t>(sizeof(int))) return;
    ::waitpid(pid_, nullptr, 0);
    throw execution_error(spec.program, error_number);
  }

  // Runs in the child: nothing here may allocate.
  [[noreturn]] void become(const ChildSpec& spec, const Execution& execute, int failure,
                           pid_t parent) const noexcept {
    signals_.restore();
    int error_number = 0;
    if (::prctl(PR_SET_PDEATHSIG, SIGTERM) != 0) error_number = errno;
    if (::getppid() != parent) ::_exit(127);
    if (place(spec.stdin_fd, STDIN_FILENO) && place(out_.write_end.fd(), STDOUT_FILENO) &&
        place(err_.write_end.fd(), STDERR_FILENO) && error_number == 0) {
      error_number = execute();
    } else if (error_number == 0) {
      error_number = errno;
    }
    static_cast<void>(!::write(failure, &error_number, sizeof error_number));
    ::_exit(127);
  }

  bool any_open() const { return out_.read_end.fd() >= 0 || err_.read_end.fd() >= 0; }

  void pump_ready(const std::array<pollfd, 3>& ready) {
    if (ready[0].revents != 0) pump(out_.read_end, STDOUT_FILENO);
    if (ready[1].revents != 0) pump(err_.read_end, STDERR_FILENO);
  }

  void drain() {
    std::array<pollfd, 3> ready = {pollfd{out_.read_end.fd(), POLLIN, 0},
                                   pollfd{err_.read_end.fd(), POLLIN, 0}, pollfd{-1, 0, 0}};
    if (::poll(ready.data(), ready.size(), 0) > 0) pump_ready(ready);
  }

  void pump(File& source, int target) {
    const ssize_t size = Io::system().read(source.fd(), buffer_.data(), buffer_.size());
    if (size <= 0) {
      source.close();
      return;
    }
    const BytesView data = BytesView(buffer_).first(static_cast<std::size_t>(size));
    recorder_.add(static_cast<std::uint8_t>(target), data);
    const int error = write_to(target, data);
    if (error == 0) return;
    // Nobody reads any more: the command learns it the way it would without us, by SIGPIPE.
    end_.output_error = error;
    source.close();
  }

  void handle_signals() {
    while (const std::optional<SignalRelay::Note> note = signals_.next()) {
      if (note->number == SIGCHLD) continue;
      if (is_interruption(note->number)) end_.interrupted_by = note->number;
      if (!note->reached_everyone && !reaped_) ::kill(pid_, note->number);
    }
    reap();
  }

  void reap() {
    int status = 0;
    if (reaped_ || ::waitpid(pid_, &status, WNOHANG) != pid_) return;
    reaped_ = true;
    if (WIFSIGNALED(status)) {
      end_.killed_by = WTERMSIG(status);
    } else {
      end_.exit_code = WEXITSTATUS(status);
    }
  }

  Recorder& recorder_;
  std::vector<std::byte> buffer_;
  SignalRelay signals_;
  Pipe out_;
  Pipe err_;
  ChildEnd end_;
  pid_t pid_ = -1;
  bool reaped_ = false;
};

}  // namespace

ChildEnd run_child(const ChildSpec& spec, Recorder& recorder) {
  return Child(spec, recorder).wait();
}

}  // namespace larder::cli
