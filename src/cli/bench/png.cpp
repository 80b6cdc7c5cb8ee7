// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/png.h"

#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "larder/core/error.h"
#include "larder/core/io.h"

namespace larder::cli {
namespace {

// A program of librsvg, and not the library: its headers bring those of half a desktop.
constexpr const char* converter = "rsvg-convert";

/// A file without a name.
File nameless_file() {
  const int fd = ::memfd_create("larder-picture", MFD_CLOEXEC);
  if (fd < 0) throw system_error(errno, "make room for a picture");
  return {Io::system(), fd};
}

class Redirections {
 public:
  Redirections(const File& in, const File& out) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_adddup2(&actions_, in.fd(), STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, out.fd(), STDOUT_FILENO);
  }
  ~Redirections() { ::posix_spawn_file_actions_destroy(&actions_); }
  Redirections(const Redirections&) = delete;
  Redirections& operator=(const Redirections&) = delete;

  [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

/// Runs the converter with one more argument. Returns its exit code, or 127 if there is none.
int convert(const char* option, const File& in, const File& out) {
  const Redirections redirections(in, out);
  std::string program = converter;
  std::string first = option;
  std::array<char*, 3> arguments = {program.data(), first.data(), nullptr};
  pid_t pid = 0;
  const int error =
      ::posix_spawnp(&pid, converter, redirections.get(), nullptr, arguments.data(), environ);
  if (error == ENOENT || error == EACCES) return 127;
  if (error != 0) throw system_error(error, std::string("start ") + converter);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) throw system_error(errno, std::string("wait for ") + converter);
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

void check_png() {
  const File in = nameless_file();
  const File out = nameless_file();
  if (convert("--version", in, out) == 0) return;
  throw Error(ErrorKind::not_supported,
              "a PNG needs the program 'rsvg-convert': install the package librsvg2-bin, or "
              "draw with --svg");
}

std::string to_png(std::string_view svg) {
  const File in = nameless_file();
  const File out = nameless_file();
  write_all(Io::system(), in.fd(), as_bytes(svg), "the picture");
  ::lseek(in.fd(), 0, SEEK_SET);
  if (convert("--zoom=2", in, out) != 0) {
    throw Error(ErrorKind::not_supported, "rsvg-convert could not draw the picture");
  }
  const Bytes png = read_file(Io::system(), "/proc/self/fd/" + std::to_string(out.fd()));
  return std::string(as_text(png));
}

}  // namespace larder::cli
