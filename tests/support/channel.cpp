// SPDX-License-Identifier: Apache-2.0
#include "support/channel.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "larder/core/error.h"

namespace larder::test {

namespace {

/// Far above what a line takes on a starved machine, far below the limit of a whole test program:
/// who waits for a process that hangs fails by itself and says where.
constexpr std::chrono::seconds patience{120};

}  // namespace

Channel::Channel(Channel&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), received_(std::move(other.received_)) {}

Channel::~Channel() { close(); }

void Channel::close() noexcept {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

bool Channel::send(std::string_view line) {
  std::string rest = std::string(line) + '\n';
  while (!rest.empty()) {
    const ssize_t sent = ::send(fd_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    rest.erase(0, static_cast<std::size_t>(sent));
  }
  return true;
}

std::optional<std::string> Channel::receive() {
  while (true) {
    const std::size_t end = received_.find('\n');
    if (end != std::string::npos) {
      std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      return line;
    }
    if (!is_ready_within(patience)) return std::nullopt;
    std::array<char, 4096> buffer;
    const ssize_t count = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return std::nullopt;
    received_.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

bool Channel::is_ready_within(std::chrono::milliseconds limit) const {
  if (received_.find('\n') != std::string::npos) return true;
  pollfd ready{.fd = fd_, .events = POLLIN, .revents = 0};
  int count = 0;
  do {
    count = ::poll(&ready, 1, static_cast<int>(limit.count()));
  } while (count < 0 && errno == EINTR);
  return count > 0;
}

ChannelPair::Ends ChannelPair::make_ends() {
  std::array<int, 2> ends = {};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw system_error(errno, "cannot make a pair of sockets");
  }
  return {.parent = ends[0], .child = ends[1]};
}

ChannelPair::ChannelPair(Ends ends) noexcept : parent(ends.parent), child(ends.child) {}

ChannelPair::ChannelPair() : ChannelPair(make_ends()) {}

}  // namespace larder::test
