// SPDX-License-Identifier: Apache-2.0

// Serves values of a cache over HTTP, to one connection after the other, without a copy of them in
// memory: the kernel sends from the value's file. `static_files CACHE [PORT]`; port 0 is any free
// one, which is printed.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "larder/cache/cache.h"

namespace {

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { ::close(fd_); }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

void send_text(int socket, std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
    if (size <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(size));
  }
}

//! [sendfile]
void send_value(int socket, larder::ValueReader& value) {
  off_t offset = 0;
  while (static_cast<std::uint64_t>(offset) < value.size()) {
    const std::uint64_t rest = value.size() - static_cast<std::uint64_t>(offset);
    if (::sendfile(socket, value.descriptor(), &offset, rest) <= 0) return;
  }
}
//! [sendfile]

/// "logo.png" of "GET /logo.png HTTP/1.1"; nothing of anything else.
std::optional<std::string> requested_name(std::string_view request) {
  constexpr std::string_view verb = "GET /";
  const std::size_t end = request.find(' ', verb.size());
  if (!request.starts_with(verb) || end == std::string_view::npos) return std::nullopt;
  return std::string(request.substr(verb.size(), end - verb.size()));
}

void answer(const larder::Cache& cache, int socket) {
  std::string request(4096, '\0');
  const ssize_t size = ::recv(socket, request.data(), request.size(), 0);
  request.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  const std::optional<std::string> name = requested_name(request);
  // A key is never a path: "../../etc/passwd" is a key like any other.
  std::optional<larder::ValueReader> value = name ? cache.reader(*name) : std::nullopt;
  if (!value) {
    return send_text(socket,
                     "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  }
  value->check();
  send_text(socket, "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(value->size()) +
                        "\r\nConnection: close\r\n\r\n");
  send_value(socket, *value);
}

int listen_on(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (fd < 0 || ::bind(fd, generic, length) != 0 || ::listen(fd, 16) != 0 ||
      ::getsockname(fd, generic, &length) != 0) {
    throw std::runtime_error("cannot listen");
  }
  std::cout << "http://127.0.0.1:" << ntohs(address.sin_port) << "/\n" << std::flush;
  return fd;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: static_files CACHE [PORT]\n";
    return EXIT_FAILURE;
  }
  try {
    const larder::Cache cache = larder::Cache::open({.path = argv[1]});
    const Socket listener(listen_on(static_cast<std::uint16_t>(argc > 2 ? std::atoi(argv[2]) : 0)));
    for (;;) {
      const Socket connection(::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC));
      if (connection.fd() < 0) continue;
      try {
        answer(cache, connection.fd());
      } catch (const larder::Error& error) {
        std::cerr << error.what() << "\n";  // the client sees the connection end
      }
    }
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return EXIT_FAILURE;
  }
}
