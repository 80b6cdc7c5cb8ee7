// SPDX-License-Identifier: Apache-2.0
#include "cli/console.h"

#include <poll.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "larder/core/error.h"

namespace larder::cli {
namespace {

void say(std::string_view kind, std::string_view message) {
  std::string line = "larder: ";
  line.append(kind).append(message).append("\n");
  // Nothing can be done if even stderr fails.
  static_cast<void>(write_to(STDERR_FILENO, as_bytes(line)));
}

bool is_heading(std::string_view line) {
  return line.size() > 1 && line.back() == ':' &&
         std::isupper(static_cast<unsigned char>(line.front())) != 0;
}

}  // namespace

void Console::note(std::string_view message) const {
  if (detail_ == Detail::verbose) say("", message);
}

void Console::warn(std::string_view message) const {
  if (detail_ != Detail::quiet) say("warning: ", message);
}

void Console::fail(std::string_view message) const { say("", message); }

void Console::progress(std::string_view message) const {
  if (detail_ == Detail::quiet || ::isatty(STDERR_FILENO) == 0) return;
  std::string line = "\r\x1b[K";
  line.append(message);
  static_cast<void>(write_to(STDERR_FILENO, as_bytes(line)));
}

LogSink Console::log_sink(LogLevel least) const {
  return [console = *this, least](LogLevel level, std::string_view message) {
    if (level >= least) {
      console.warn(message);
    } else {
      console.note(message);
    }
  };
}

int write_to(int fd, BytesView data) noexcept {
  while (!data.empty()) {
    const ssize_t written = ::write(fd, data.data(), data.size());
    if (written >= 0) {
      data = data.subspan(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      // Whoever gave us the descriptor made it non-blocking: wait until there is room.
      pollfd room{.fd = fd, .events = POLLOUT, .revents = 0};
      if (::poll(&room, 1, -1) < 0 && errno != EINTR) return errno;
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

void print(std::string_view text) {
  const int error = write_to(STDOUT_FILENO, as_bytes(text));
  if (error != 0) throw system_error(error, "cannot write to standard output");
}

bool wants_colour(int fd) noexcept {
  const char* no_colour = std::getenv("NO_COLOR");
  if (no_colour != nullptr && *no_colour != '\0') return false;
  const char* terminal = std::getenv("TERM");
  if (terminal == nullptr || std::strcmp(terminal, "dumb") == 0) return false;
  return ::isatty(fd) != 0;
}

void print_help(int fd, std::string_view text) {
  const bool colour = wants_colour(fd);
  std::string shown;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() < text.size() ? line.size() + 1 : line.size());
    const bool bold = colour && is_heading(line);
    shown.append(bold ? "\x1b[1m" : "").append(line).append(bold ? "\x1b[0m\n" : "\n");
  }
  const int error = write_to(fd, as_bytes(shown));
  if (error != 0) throw system_error(error, "cannot write the help text");
}

}  // namespace larder::cli
